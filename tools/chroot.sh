#!/bin/sh
# Prepare a distribution's whole Blender, windows included: chroot.sh VERSION SUITE CACHE-FOLDER
#
# Makes CACHE/chroot-SUITE and, last, the wrapper CACHE/blender-VERSION.  Every mount lives in a private namespace
# and ends with the process that made it, so the folder can be deleted at any time without reaching into the host.
set -eu
version=$1 suite=$2 cache=$3
root=$cache/chroot-$suite debs=$cache/debs-$suite wrapper=$cache/blender-$version
tools=$(cd "$(dirname "$0")" && pwd)

packages="blender python3-numpy python3-requests python3-zstandard python3-pytest python3-pytest-timeout
    libgl1 libglx-mesa0 libgl1-mesa-dri libegl1 libegl-mesa0"
# sid's extension manager imports cattr.  On trixie it drags in a typing_extensions too old for pydantic_core.
[ "$suite" = sid ] && packages="$packages python3-cattr"

if [ "${CHROOT_PRIVATE:-}" != yes ]; then
    CHROOT_PRIVATE=yes exec unshare --mount --propagation private "$0" "$@"
fi

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | grep -v security | head -n 1)
script=/usr/share/debootstrap/scripts/$suite
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid

if grep -q " $root" /proc/self/mountinfo; then
    echo "$root has something mounted inside; unmount it first." >&2
    exit 1
fi
rm -rf "$root" "$wrapper"
mkdir -p "$debs"
echo "Blender $version: installing Debian $suite into $root"
debootstrap --variant=minbase --cache-dir="$debs" "$suite" "$root" "$mirror" "$script" >"$root.log" 2>&1

# The host's network names and certificates; nothing may start a service; no manuals.
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
CONF

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$debs" "$root/var/cache/apt/archives"
# shellcheck disable=SC2086
{
    DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get update
    DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y $packages
} >>"$root.log" 2>&1

sed "s|@ROOT@|$root|" "$tools/blender_in_chroot.sh" >"$wrapper.partial"
chmod +x "$wrapper.partial"
mv "$wrapper.partial" "$wrapper"
