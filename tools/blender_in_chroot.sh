#!/bin/sh
# Run the Blender of a chroot as if it were installed here: same folders, same working directory, same environment.
#
# Everything is `exec`, so the process id is Blender's own and a signal reaches it.
root=@ROOT@
if [ "${CHROOT_PRIVATE:-}" != "$root" ]; then
    CHROOT_PRIVATE=$root exec unshare --mount --propagation private "$0" "$@"
fi
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
# Every folder of the host that is not the system's own stands at the same path inside.
for folder in /*/; do
    case ${folder%/} in
        /bin | /boot | /dev | /etc | /lib* | /lost+found | /proc | /run | /sbin | /sys | /usr | /var) ;;
        *) mkdir -p "$root$folder" && mount --rbind "${folder%/}" "$root${folder%/}" ;;
    esac
done
# Its shader cache is its own: an older Mesa cuts the file of one cache short while a newer one has it mapped, and that
# ends Blender with SIGBUS (Mesa 22.3 beside 26, in one home folder).
exec chroot "$root" env --chdir="$PWD" --unset=CHROOT_PRIVATE PATH=/usr/local/bin:/usr/bin:/bin \
    MESA_SHADER_CACHE_DIR=/var/cache/mesa blender "$@"
