"""The system calls that the filter (call_filter.py) refuses, with their numbers.

Numbers: Linux 6.17, arch/x86/entry/syscalls/syscall_64.tbl and scripts/syscall.tbl. From 424 on, they are the same on
every architecture.
"""

from __future__ import annotations

_DENIED: tuple[tuple[str, int | None, int | None], ...] = (
    # name, number on x86-64, number on 64-bit ARM; None where there is no such call
    # Sockets, and io_uring, which can open some without these calls.
    ("socket", 41, 198), ("socketpair", 53, 199),
    ("io_uring_setup", 425, 425), ("io_uring_enter", 426, 426), ("io_uring_register", 427, 427),
    # Programs and processes; clone is checked by its flags.
    ("fork", 57, None), ("vfork", 58, None), ("execve", 59, 221), ("execveat", 322, 281),
    # Other processes: their memory, descriptors, signals, priority, processors.
    ("ptrace", 101, 117), ("process_vm_readv", 310, 270), ("process_vm_writev", 311, 271), ("kcmp", 312, 272),
    ("pidfd_send_signal", 424, 424), ("pidfd_open", 434, 434), ("pidfd_getfd", 438, 438),
    ("process_madvise", 440, 440), ("process_mrelease", 448, 448), ("migrate_pages", 256, 238),
    ("tkill", 200, 130), ("rt_sigqueueinfo", 129, 138), ("rt_tgsigqueueinfo", 297, 240),
    ("sched_setparam", 142, 118), ("sched_setattr", 314, 274), ("ioprio_set", 251, 30),
    # Files by path or by a descriptor that may only read: Landlock restricts none of these (landlock(7), "Current
    # limitations"), and truncate only from Linux 6.2 on.
    ("chmod", 90, None), ("fchmod", 91, 52), ("fchmodat", 268, 53), ("fchmodat2", 452, 452),
    ("chown", 92, None), ("lchown", 94, None), ("fchown", 93, 55), ("fchownat", 260, 54),
    ("utime", 132, None), ("utimes", 235, None), ("futimesat", 261, None), ("utimensat", 280, 88),
    ("setxattr", 188, 5), ("lsetxattr", 189, 6), ("fsetxattr", 190, 7), ("setxattrat", 463, 463),
    ("removexattr", 197, 14), ("lremovexattr", 198, 15), ("fremovexattr", 199, 16), ("removexattrat", 466, 466),
    ("file_setattr", 469, 469), ("truncate", 76, 45), ("mknod", 133, None), ("mknodat", 259, 33),
    ("name_to_handle_at", 303, 264), ("open_by_handle_at", 304, 265),
    ("inotify_init", 253, None), ("inotify_init1", 294, 26), ("inotify_add_watch", 254, 27),
    ("fanotify_init", 300, 262), ("fanotify_mark", 301, 263),
    # Memory and queues that outlive the process, or that no limit counts.
    ("shmget", 29, 194), ("shmat", 30, 196), ("shmctl", 31, 195), ("semget", 64, 190), ("semop", 65, 193),
    ("semctl", 66, 191), ("semtimedop", 220, 192), ("msgget", 68, 186), ("msgsnd", 69, 189), ("msgrcv", 70, 188),
    ("msgctl", 71, 187), ("mq_open", 240, 180), ("mq_unlink", 241, 181), ("memfd_secret", 447, 447),
    # Limits (prlimit64 is checked by its arguments), namespaces and mounts.
    ("setrlimit", 160, 164), ("mount", 165, 40), ("umount2", 166, 39), ("pivot_root", 155, 41), ("chroot", 161, 51),
    ("unshare", 272, 97), ("setns", 308, 268), ("open_tree", 428, 428), ("move_mount", 429, 429),
    ("fsopen", 430, 430), ("fsconfig", 431, 431), ("fsmount", 432, 432), ("fspick", 433, 433),
    ("mount_setattr", 442, 442), ("open_tree_attr", 467, 467),
    # The kernel and the computer.
    ("bpf", 321, 280), ("perf_event_open", 298, 241), ("userfaultfd", 323, 282), ("kexec_load", 246, 104),
    ("kexec_file_load", 320, 294), ("init_module", 175, 105), ("finit_module", 313, 273), ("delete_module", 176, 106),
    ("reboot", 169, 142), ("swapon", 167, 224), ("swapoff", 168, 225), ("acct", 163, 89), ("quotactl", 179, 60),
    ("quotactl_fd", 443, 443), ("add_key", 248, 217), ("request_key", 249, 218), ("keyctl", 250, 219),
    ("sethostname", 170, 161), ("setdomainname", 171, 162), ("syslog", 103, 116), ("vhangup", 153, 58),
    ("clock_settime", 227, 112), ("settimeofday", 164, 170), ("adjtimex", 159, 171), ("clock_adjtime", 305, 266),
    ("iopl", 172, None), ("ioperm", 173, None), ("modify_ldt", 154, None), ("uselib", 134, None),
    ("lookup_dcookie", 212, 18),
)  # fmt: skip
# Open Image Denoise and Mesa call these for their own threads, and do without if they must.
FOR_THREADS = (("setpriority", 141, 140), ("sched_setscheduler", 144, 119), ("sched_setaffinity", 203, 122))
_CHECKED = {
    "clone": (56, 220), "clone3": (435, 435), "prlimit64": (302, 261), "kill": (62, 129), "tgkill": (234, 131),
    "fcntl": (72, 25), "ioctl": (16, 29), "open": (2, None), "openat": (257, 56), "openat2": (437, 437),
    "mmap": (9, 222), "seccomp": (317, 277),
}  # fmt: skip
FIRST_UNKNOWN = 470
"""This and higher numbers are newer than the list."""


def denied(is_arm: bool, is_alone: bool) -> list[int]:
    """The numbers of the calls that are refused whatever their arguments are.

    Args:
        is_arm: 64-bit ARM instead of x86-64.
        is_alone: the process can name no other one.
    """
    every = [*_DENIED]
    every += [] if is_alone else FOR_THREADS
    numbers = (on_arm if is_arm else on_intel for _, on_intel, on_arm in every)
    return [number for number in numbers if number is not None]


def checked(is_arm: bool) -> dict[str, int]:
    """The numbers of the calls whose arguments decide, and of seccomp itself."""
    found = {name: numbers[is_arm] for name, numbers in _CHECKED.items()}
    return {name: number for name, number in found.items() if number is not None}
