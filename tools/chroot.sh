#!/bin/sh
# Prepare a distribution's whole Blender, windows included: chroot.sh VERSION SUITE CACHE-FOLDER
#
# Makes CACHE/chroot-SUITE and, last, the wrapper CACHE/blender-VERSION; quick when what is there was made by this very
# recipe. Every mount lives in a private namespace and ends with the process that made it, so nothing done to the
# folder reaches into the host. The old one stays until the new one is complete.
set -eu
version=$1 suite=$2 cache=$3
final=$cache/chroot-$suite root=$cache/chroot-$suite.partial debs=$cache/debs-$suite wrapper=$cache/blender-$version
tools=$(cd "$(dirname "$0")" && pwd)
recipe=$(cat "$tools/chroot.sh" "$tools/blender_in_chroot.sh" | sha256sum)
if [ -x "$wrapper" ] && [ "$(cat "$final.recipe" 2>/dev/null)" = "$recipe" ]; then
    exit 0
fi

packages="blender python3-numpy python3-requests python3-zstandard python3-pytest python3-pytest-timeout
    libgl1 libglx-mesa0 libgl1-mesa-dri libegl1 libegl-mesa0"
# sid's extension manager imports cattr. On trixie it drags in a typing_extensions too old for pydantic_core.
[ "$suite" = sid ] && packages="$packages python3-cattr"

if [ "${CHROOT_PRIVATE:-}" != yes ]; then
    CHROOT_PRIVATE=yes exec unshare --mount --propagation private "$0" "$@"
fi

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | grep -v security | head -n 1)
script=/usr/share/debootstrap/scripts/$suite
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid

# Whoever runs in it, or has mounted something there, is in the table of that process.
if grep -qsF -e " $final/" -e " $root/" /proc/[0-9]*/mountinfo; then
    echo "A Blender runs in $final, or something is mounted there; end it first." >&2
    exit 1
fi
rm -rf "$root"
mkdir -p "$debs"
echo "Blender $version: installing Debian $suite into $final"
debootstrap --variant=minbase --cache-dir="$debs" "$suite" "$root" "$mirror" "$script" >"$final.log" 2>&1

# The host's network names and certificates; nothing may start a service; no manuals.
# Of all languages, Blender's own for those that Farmhand speaks. The last rule that matches a path decides, and dpkg
# makes a folder that is excluded only where an include begins with it, up to its first star.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
ln -sf ../proc/self/mounts "$root/etc/mtab"
mkdir -p "$root/etc/ssl/certs"
[ -e /etc/ssl/certs/ca-certificates.crt ] && cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
cat >"$root/etc/apt/apt.conf.d/90farmhand" <<'CONF'
Acquire::Check-Valid-Until "false";
Acquire::Check-Date "false";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
CONF
cat >"$root/etc/dpkg/dpkg.cfg.d/90farmhand" <<'CONF'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
path-include=/usr/share/locale/languages
path-include=/usr/share/locale/de/*/blender.mo
path-include=/usr/share/locale/es/*/blender.mo
path-include=/usr/share/locale/ja/*/blender.mo
path-include=/usr/share/locale/zh_HANS/*/blender.mo
CONF

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$debs" "$root/var/cache/apt/archives"
# shellcheck disable=SC2086
{
    DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get update
    DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y $packages
} >>"$final.log" 2>&1

rm -rf "$wrapper" "$final"
mv "$root" "$final"
sed "s|@ROOT@|$final|" "$tools/blender_in_chroot.sh" >"$wrapper.partial"
chmod +x "$wrapper.partial"
mv "$wrapper.partial" "$wrapper"
echo "$recipe" >"$final.recipe"
