"""Meshes of the example scene, built from numbers: tapered prisms, cones, puffs, boxes. Knows no materials."""

import math
import random
from collections.abc import Iterable, Sequence

import bmesh
import bpy
from mathutils import Matrix, Vector, noise

Point = tuple[float, float, float]


def prism(name: str, sides: int, rings: Sequence[tuple[float, float]], *, smooth: bool = False) -> bpy.types.Mesh:
    """Rings of (radius, height) joined by faces, closed at both ends; a radius of 0 makes a tip.

    Texture coordinates run once around and along the height in the scene's units.
    """
    mesh = bmesh.new()
    layer = mesh.loops.layers.uv.new()
    rows = [[mesh.verts.new(_on_circle(i / sides, radius, z)) for i in range(sides)] for radius, z in rings]
    around = 2 * math.pi * max(radius for radius, _ in rings)
    for (low, (_, z0)), (high, (_, z1)) in zip(
        zip(rows, rings, strict=True), list(zip(rows, rings, strict=True))[1:], strict=False
    ):
        for i in range(sides):
            face = mesh.faces.new((low[i], low[(i + 1) % sides], high[(i + 1) % sides], high[i]))
            face.smooth = smooth
            u0, u1 = around * i / sides, around * (i + 1) / sides
            for loop, uv in zip(face.loops, ((u0, z0), (u1, z0), (u1, z1), (u0, z1)), strict=True):
                loop[layer].uv = uv
    mesh.faces.new(reversed(rows[0]))
    mesh.faces.new(rows[-1])
    return _done(mesh, name)


def box(name: str, size: Point, *, lift: float = 0.0) -> bpy.types.Mesh:
    """A box that stands on `lift`, with texture coordinates in the scene's units."""
    mesh = bmesh.new()
    layer = mesh.loops.layers.uv.new()
    bmesh.ops.create_cube(mesh, size=1, matrix=Matrix.Diagonal((*size, 1)))
    bmesh.ops.translate(mesh, verts=mesh.verts, vec=(0, 0, size[2] / 2 + lift))
    for face in mesh.faces:
        for loop in face.loops:
            at = loop.vert.co
            loop[layer].uv = (at.y, at.z) if abs(face.normal.x) > 0.5 else (at.x, at.z)
    return _done(mesh, name)


def gable(name: str, width: float, length: float, wall: float, ridge: float) -> bpy.types.Mesh:
    """A house of walls and gables, without its roof, along y."""
    outline = [(-width / 2, 0), (width / 2, 0), (width / 2, wall), (0, ridge), (-width / 2, wall)]
    mesh = bmesh.new()
    layer = mesh.loops.layers.uv.new()
    front, back = ([mesh.verts.new((x, y, z)) for x, z in outline] for y in (-length / 2, length / 2))
    mesh.faces.new(front)
    mesh.faces.new(reversed(back))
    for i in range(5):
        mesh.faces.new((front[i], back[i], back[(i + 1) % 5], front[(i + 1) % 5]))
    mesh.normal_update()
    for face in mesh.faces:
        for loop in face.loops:
            at = loop.vert.co
            loop[layer].uv = (at.x, at.z) if abs(face.normal.y) > 0.5 else (at.y, at.z)
    return _done(mesh, name)


def puff(name: str, seed: int, balls: int, spread: Point, radius: float) -> bpy.types.Mesh:
    """Smooth balls in a heap: a tree's crown, a cloud."""
    dice = random.Random(seed)
    mesh = bmesh.new()
    for _ in range(balls):
        place = Vector(dice.uniform(-side, side) for side in spread)
        size = radius * dice.uniform(0.65, 1.0)
        bmesh.ops.create_icosphere(mesh, subdivisions=3, radius=size, matrix=Matrix.Translation(place))
    for vertex in mesh.verts:
        vertex.co += 0.06 * radius * noise.noise_vector(vertex.co * (2.5 / radius))
    for face in mesh.faces:
        face.smooth = True
    return _done(mesh, name)


def copies(name: str, one: bpy.types.Mesh, places: Iterable[Matrix]) -> bpy.types.Mesh:
    """The same mesh at many places, as one mesh: a field costs a renderer less than a thousand plants."""
    mesh = bmesh.new()
    for place in places:
        already = len(mesh.verts)
        mesh.from_mesh(one)
        mesh.verts.ensure_lookup_table()
        bmesh.ops.transform(mesh, verts=mesh.verts[already:], matrix=place)
    data = bpy.data.meshes.new(name)
    mesh.to_mesh(data)
    mesh.free()
    return data


def sail(name: str, length: float, width: float) -> bpy.types.Mesh:
    """One wing of a windmill: a spar with a lattice beside it, along z."""
    mesh = bmesh.new()
    bar = 0.035
    _bar(mesh, (0, 0, length / 2), (bar * 1.6, bar * 1.6, length))
    _bar(mesh, (width, 0, length * 0.6), (bar, bar, length * 0.8))
    _bar(mesh, (width / 2, 0, length * 0.6), (bar * 0.6, bar * 0.6, length * 0.8))
    for i in range(9):
        _bar(mesh, (width / 2, 0, length * (0.2 + 0.1 * i)), (width, bar * 0.8, bar * 0.8))
    return _done(mesh, name)


def _bar(mesh: bmesh.types.BMesh, center: Point, size: Point) -> None:
    bmesh.ops.create_cube(mesh, size=1, matrix=Matrix.Translation(center) @ Matrix.Diagonal((*size, 1)))


def _on_circle(turn: float, radius: float, z: float) -> Point:
    return radius * math.cos(2 * math.pi * turn), radius * math.sin(2 * math.pi * turn), z


def _done(mesh: bmesh.types.BMesh, name: str) -> bpy.types.Mesh:
    bmesh.ops.remove_doubles(mesh, verts=mesh.verts, dist=1e-6)
    bmesh.ops.recalc_face_normals(mesh, faces=mesh.faces)
    data = bpy.data.meshes.new(name)
    mesh.to_mesh(data)
    mesh.free()
    return data
