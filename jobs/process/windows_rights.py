"""Who may read a file or folder on Windows: this user, the system and its administrators, as its access list says.

Standard library only.
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

if sys.platform == "win32":
    from ctypes import wintypes

    _DACL, _PROTECTED = 0x4, 0x80000000
    _TOKEN_QUERY, _TOKEN_USER = 0x8, 1
    _REVISION = 1

    def keep_for_user(path: Path) -> None:
        """Let only this user, the system and administrators use a file, or a folder and what is created in it.

        Raises OSError: the disk keeps no access lists, or this user may not change them.
        """
        kind = "OICI" if path.is_dir() else ""
        people = "".join(f"(A;{kind};FA;;;{who})" for who in (_user(), "SY", "BA"))
        security = _library("advapi32")
        listed = ctypes.c_void_p()
        _demand(
            security.ConvertStringSecurityDescriptorToSecurityDescriptorW(
                f"D:P{people}", _REVISION, ctypes.byref(listed), None
            )
        )
        try:
            _demand(security.SetFileSecurityW(str(path), wintypes.DWORD(_DACL | _PROTECTED), listed))
        finally:
            _library("kernel32").LocalFree(listed)

    def _user() -> str:
        """This user's security identifier, as in S-1-5-21-…-1001."""
        security, kernel = _library("advapi32"), _library("kernel32")
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        token, size, text = wintypes.HANDLE(), wintypes.DWORD(), wintypes.LPWSTR()
        process = wintypes.HANDLE(kernel.GetCurrentProcess())
        _demand(security.OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token)))
        try:
            security.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(size))
            holder = ctypes.create_string_buffer(size.value)
            _demand(security.GetTokenInformation(token, _TOKEN_USER, holder, size, ctypes.byref(size)))
            sid = ctypes.cast(holder, ctypes.POINTER(ctypes.c_void_p))[0]
            _demand(security.ConvertSidToStringSidW(ctypes.c_void_p(sid), ctypes.byref(text)))
            try:
                return str(text.value)
            finally:
                kernel.LocalFree(text)
        finally:
            kernel.CloseHandle(token)

    def _library(name: str) -> ctypes.WinDLL:
        return ctypes.WinDLL(name, use_last_error=True)

    def _demand(answer: int) -> None:
        if not answer:
            raise ctypes.WinError(ctypes.get_last_error())

else:

    def keep_for_user(path: Path) -> None:
        """Do nothing: elsewhere a file is created with its mode."""
