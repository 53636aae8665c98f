#!/usr/bin/env bash
# Installs TensorFlow's own library for TensorFlow.js (@tensorflow/tfjs-node) into this checkout's node_modules,
# on a machine that reaches only npm: see docs/tensorflow.md. Run it again after each `npm ci`.
#
#   ./run tensorflow [WHEEL]
#
# WHEEL is the file of TensorFlow's Python wheel. The script takes the library and its headers from it; Python runs
# nothing of it. Without WHEEL, pip fetches it. You can run the script again: it replaces an older installation.
set -uo pipefail

root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd -P)
bridge=@tensorflow/tfjs-node@4.22.0
tensorflow=2.21.0 # tested with this version; other 2.x versions with the same files work, too
target=$root/node_modules/@tensorflow/tfjs-node
work=''

say() { printf '%s\n' "tensorflow: $*" >&2; }
die() {
  say "$*"
  exit 1
}
# A temporary folder whose path has no space, even where TMPDIR has one.
make_work_folder() {
  case ${TMPDIR:-/tmp} in
    *[[:space:]]*) mktemp -d /tmp/chromafeed.XXXXXX ;;
    *) mktemp -d ;;
  esac
}
clean_up() { [ -z "$work" ] || rm -rf -- "$work"; }

# --- what the machine needs ---------------------------------------------------------------------

check_system() {
  [ "$(uname -s)" = Linux ] || die "expected Linux but got $(uname -s): there, npm install --no-save $bridge may do"
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) die "expected a processor x86_64 or aarch64 but got $(uname -m): TensorFlow's wheels come for these two" ;;
  esac
  getconf GNU_LIBC_VERSION >/dev/null 2>&1 ||
    die 'expected the GNU C library, which TensorFlow needs: Alpine has another one, Debian and Ubuntu have it'
}

check_tools() {
  local tool missing=()
  for tool in node npm python3 make g++; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  [ "${#missing[@]}" -eq 0 ] ||
    die "missing: ${missing[*]} (Debian, Ubuntu: apt-get install -y g++ make python3; Node and npm: https://nodejs.org)"
  [ -f "$root/node_modules/.package-lock.json" ] || die 'npm packages are missing: npm ci'
}

# check_space BYTES: checks the space for the library, and for half a gigabyte of build files.
check_space() {
  local free_kb wanted_kb=$(($1 / 1024 + 500 * 1024))
  free_kb=$(df -Pk "$root/node_modules" | awk 'NR == 2 { print $4 }')
  [ "$free_kb" -ge "$wanted_kb" ] ||
    die "expected $((wanted_kb / 1024)) MB of free space for $root/node_modules but got $((free_kb / 1024)) MB"
}

# --- the wheel --------------------------------------------------------------------------------------

# The name of TensorFlow's wheel depends on the processor: for aarch64 there is only one, without GPU code.
wheel_name() { [ "$(uname -m)" = x86_64 ] && echo tensorflow-cpu || echo tensorflow; }

# The wheel for any Python works, because only its library is needed. So pip's own version does not matter.
pip_arguments() {
  echo "$(wheel_name)==$tensorflow --no-deps --only-binary=:all: --python-version 3.11" \
    "--platform manylinux_2_27_$(uname -m) --platform manylinux_2_17_$(uname -m)"
}

fetch_wheel() {
  say "asking pip for $(wheel_name) $tensorflow (about 270 MB) ..."
  # shellcheck disable=SC2046 # several words
  if python3 -m pip download -q --disable-pip-version-check -d "$work" $(pip_arguments) >"$work/pip.log" 2>&1; then
    wheel=$(echo "$work"/*.whl)
    return 0
  fi
  tail -n 3 "$work/pip.log" >&2
  die "pip cannot fetch it. On a machine that reaches the Python package index:
    python3 -m pip download $(pip_arguments)
  then bring the file here and say:
    ./run tensorflow FILE.whl"
}

# in_wheel describe|unpack: reads only the needed files of the wheel, which has 1.3 GB.
in_wheel() {
  python3 - "$@" <<'PYTHON'
import pathlib, re, shutil, sys, zipfile

task, wheel = sys.argv[1:3]
libraries = [f"tensorflow/libtensorflow_{part}.so.2" for part in ("cc", "framework")]
headers = re.compile(r"tensorflow/(include/(?:tensorflow/(?:c|core/platform)|tsl/platform|xla/tsl/c)/.*\.h)$")
try:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        missing = [name for name in libraries if name not in names]
        if missing:
            sys.exit(f"{wheel}: expected a wheel of TensorFlow 2 for Linux but got one without {missing[0]}")
        if task == "describe":
            info = next(name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
            version = re.search(r"^Version: (\S+)", archive.read(info).decode(), re.M).group(1)
            machine = re.search(r"^Tag: .*_(x86_64|aarch64)$", archive.read(info.replace("METADATA", "WHEEL")).decode(), re.M)
            size = sum(archive.getinfo(name).file_size for name in libraries)
            print(version, machine.group(1) if machine else "unknown", size)
        else:
            place = pathlib.Path(sys.argv[3])
            wanted = {name: f"lib/{pathlib.PurePath(name).name}" for name in libraries}
            wanted.update({name: match.group(1) for name in names if (match := headers.match(name))})
            for name, target in wanted.items():
                (place / target).parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, open(place / target, "wb") as file:
                    shutil.copyfileobj(source, file, 2**20)
except (zipfile.BadZipFile, OSError) as error:
    sys.exit(f"{wheel}: {error}")
PYTHON
}

check_wheel() {
  local described version machine bytes
  [ -f "$wheel" ] || die "no such file: $wheel"
  described=$(in_wheel describe "$wheel") || exit 1
  read -r version machine bytes <<<"$described"
  [ "$machine" = "$(uname -m)" ] || die "$wheel: expected a wheel for $(uname -m) but got one for $machine"
  [ "$version" = "$tensorflow" ] || say "TensorFlow $version is not tested with this program; $tensorflow is"
  check_space "$bytes"
  say "taking the library out of $(basename -- "$wheel") ($((bytes / 1000000)) MB) ..."
}

# --- the bridge between the library and Node --------------------------------------------------------

install_bridge() {
  say "installing $bridge (npm) ..."
  (cd "$root" && npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error "$bridge") \
    >"$work/npm.log" 2>&1 </dev/null && return 0
  cat "$work/npm.log" >&2
  die 'npm failed (see above); it needs the npm registry: npm config get registry'
}

# Gives the library the names that tfjs-node's build and its installer expect.
place_library() {
  local deps=$target/deps name
  rm -rf -- "$deps.new"
  in_wheel unpack "$wheel" "$deps.new" || exit 1
  for name in libtensorflow.so libtensorflow.so.2 libtensorflow.so.2.9.1; do
    ln -s libtensorflow_cc.so.2 "$deps.new/lib/$name"
  done
  ln -s libtensorflow_framework.so.2 "$deps.new/lib/libtensorflow_framework.so"
  rm -rf -- "$deps" && mv -- "$deps.new" "$deps" || die "cannot write to $deps"
}

# Node's headers lie beside Node (nodejs.org's archive, Docker's image, Debian's libnode-dev), or node-gyp fetches them.
# A link leads to them, because node-gyp does not work in a path with a space.
node_headers() {
  local prefix
  prefix=$(node -p 'require("path").dirname(require("path").dirname(process.execPath))')
  [ -f "$prefix/include/node/node_api.h" ] && ln -sfn "$prefix" "$work/node" && echo "--nodedir=$work/node"
}

# copy_sources FOLDER: copies the bridge without the library and packages.
copy_sources() {
  local part
  for part in "$target"/*; do
    case ${part##*/} in
      deps | node_modules | build* | lib) ;;
      *) cp -R -- "$part" "$1/" || return 1 ;;
    esac
  done
}

# For the same reason the bridge is built in the temporary folder, whose path has no space, and then copied back.
build_bridge() {
  local headers bridge_copy=$work/bridge
  headers=$(node_headers)
  say 'building (half a minute) ...'
  mkdir "$bridge_copy" && copy_sources "$bridge_copy" && ln -s "$target/deps" "$bridge_copy/deps" ||
    die "cannot write to $work"
  (cd "$bridge_copy" && PATH=$target/node_modules/.bin:$root/node_modules/.bin:$PATH \
    node-pre-gyp install --build-from-source ${headers:+"$headers"}) >"$work/build.log" 2>&1 </dev/null &&
    rm -rf -- "$target/lib" && cp -R "$bridge_copy/lib" "$target/lib" && return 0
  cat "$work/build.log" >&2
  [ -n "$headers" ] ||
    say 'this Node has no headers, so they would come from nodejs.org: use an archive of Node from there, which contains them'
  die 'the build failed (see above)'
}

# ----------------------------------------------------------------------------------------------------

wheel=${1:-}
[ $# -le 1 ] || die "expected one wheel but got $# arguments: ./run tensorflow [WHEEL]"
trap clean_up EXIT
work=$(make_work_folder) || die 'cannot make a temporary folder whose path has no space'
check_system
check_tools
[ -n "$wheel" ] || fetch_wheel
check_wheel
install_bridge
place_library
build_bridge
self_test=$root/dist/scripts/check-tensorflow.js
[ -f "$self_test" ] || die 'installed, but not tested: npm run build, then node dist/scripts/check-tensorflow.js native'
node "$self_test" native
