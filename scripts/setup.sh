# shellcheck shell=bash
# Set-up shared by scripts/tapehead and scripts/test; sourced by them after `set -euo pipefail`.
#
# Whether everything is there is told from files alone: once it is, a start asks neither apt nor npm nor the network.
# All words go to stderr. Exit code 69: something is missing that this user may not install, or that could not be
# installed; stderr has the reason or the command to run.
#
# TAPEHEAD_SETUP=skip   nothing is looked at: all is known to be there, as in the container image
# TAPEHEAD_SETUP=only   set up, then stop

readonly EXIT_UNAVAILABLE=69
readonly SERVICE_USER=tapehead
readonly MIN_NODE=24

# Debian package | a file that it brings | what it is for
readonly DEBIAN_PACKAGES='
chromium|/usr/lib/chromium/chromium|the browser that opens the page
ffmpeg|/usr/bin/ffmpeg|encodes picture and sound
xserver-xorg-core|/usr/lib/xorg/Xorg|the display of a recording
xserver-xorg-video-dummy|/usr/lib/xorg/modules/drivers/dummy_drv.so|a display without a screen
pulseaudio|/usr/bin/pulseaudio|the sound of a recording
fonts-noto-color-emoji|/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf|emoji
fonts-noto-cjk|/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc|Chinese, Japanese and Korean text
fonts-noto-core|/usr/share/fonts/truetype/noto/NotoSansThai-Regular.ttf|the scripts of the rest of the world
fonts-liberation|/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf|the usual fonts of the web
ca-certificates|/etc/ssl/certs/ca-certificates.crt|pages over https'

# What it takes to compile src/native. Where these cannot be had, recordings only cost more.
readonly HELPER_PACKAGES='
gcc|/usr/bin/gcc|compiles the capture helper
libc6-dev|/usr/include/stdio.h|compiles the capture helper
libx11-dev|/usr/include/X11/Xlib.h|compiles the capture helper
libxext-dev|/usr/include/X11/extensions/XShm.h|compiles the capture helper
libxdamage-dev|/usr/include/X11/extensions/Xdamage.h|compiles the capture helper'

project=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
readonly project
readonly modules=$project/node_modules
readonly stamp=$modules/.tapehead-setup
readonly helper=$modules/.tapehead/frames
# Which sources the helper was built from, or could not be built from.
readonly helper_stamp=$helper.setup

set_up() {
  [[ ${TAPEHEAD_SETUP:-} != skip ]] || return 0
  is_set_up || (
    lock_set_up
    # Once more, since the one who held the lock may have done it all.
    find_missing
    add_missing_npm
    install_missing
    find_missing
    ((${#missing[@]} == 0)) || fail "installed, but without the expected file: ${missing[*]%%|*}"
    install_modules
    make_user
    make_helper
  ) 9<"$project/package-lock.json"
}

is_set_up() {
  find_missing
  ((${#missing[@]} == 0)) && has_modules && has_user && has_helper
}

# The lock file itself serves as the lock, so that no other file is left behind.
lock_set_up() {
  if ! flock --nonblock 9; then
    say 'waiting for another start to finish the set-up'
    flock 9
  fi
}

say() {
  printf 'tapehead: %s\n' "$*" >&2
}

fail() {
  say "$1"
  exit "$EXIT_UNAVAILABLE"
}

# Names the command that root has to run.
refuse() {
  say 'this needs root, and there is no sudo without a password here; run as root:'
  printf '  %s\n' "$1" >&2
  exit "$EXIT_UNAVAILABLE"
}

may_be_root() {
  ((EUID == 0)) || sudo --non-interactive true 2>/dev/null
}

# Debian's su leaves root without the sbin folders, and dpkg and useradd need them.
as_root() {
  local sudo=()
  ((EUID == 0)) || sudo=(sudo --non-interactive)
  "${sudo[@]}" env "PATH=$PATH:/usr/sbin:/sbin" DEBIAN_FRONTEND=noninteractive "$@"
}

# Runs a command without the lock, and shows what it wrote only if it fails.
quietly() {
  local log code=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null 9<&- || code=$?
  ((code == 0)) || cat "$log" >&2
  rm -f "$log"
  return "$code"
}

# Fills `missing` with "package|what it is for", of the packages of a list.
find_missing() {
  local name file reason list=${1:-$DEBIAN_PACKAGES}
  missing=()
  while IFS='|' read -r name file reason; do
    [[ -z $name || -e $file ]] || missing+=("$name|$reason")
  done <<<"$list"
}

add_missing_npm() {
  has_modules || command -v npm >/dev/null || missing+=('npm|fetches the JavaScript packages and Node 24')
}

install_missing() {
  ((${#missing[@]} > 0)) || return 0
  local names=("${missing[@]%%|*}") entry
  command -v apt-get >/dev/null || fail "missing: ${names[*]} (named as in Debian); there is no apt-get to install them"
  for entry in "${missing[@]}"; do
    say "missing: ${entry%%|*} (${entry#*|})"
  done
  may_be_root || refuse "apt-get update && apt-get install --yes --no-install-recommends ${names[*]}"
  say "installing ${#names[@]} of Debian's packages, and what they need"
  has_package_lists || quietly apt_get update || fail 'apt-get update failed'
  quietly apt_get install --no-install-recommends "${names[@]}" && return 0
  say 'once more with fresh package lists'
  quietly apt_get update || true
  quietly apt_get install --no-install-recommends "${names[@]}" || fail 'apt-get install failed'
}

apt_get() {
  as_root apt-get --yes -o DPkg::Lock::Timeout=600 "$@"
}

has_package_lists() {
  compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null
}

has_modules() {
  [[ -f $stamp && $(<"$stamp") == "$(modules_wanted)" ]]
}

modules_wanted() {
  printf '%s %s' "$HOSTTYPE" "$(sha256sum <"$project/package-lock.json")"
}

# The development packages come too: the launcher and the tests share one folder, and neither may pull it from under
# the other; without Node itself they are half of 200 MB.
install_modules() {
  has_modules && return
  local runner=()
  if ! may_write_modules; then
    may_be_root || refuse "TAPEHEAD_SETUP=only $(printf '%q' "$project/scripts/tapehead")"
    runner=(as_root)
  fi
  say 'installing the JavaScript packages and Node 24 with npm'
  quietly "${runner[@]}" npm ci --prefix "$project" --ignore-scripts --no-audit --no-fund --loglevel=error ||
    fail 'npm ci failed'
  modules_wanted | "${runner[@]}" tee "$stamp" >/dev/null
  # A checkout of an ordinary user stays that user's.
  ((EUID != 0)) || chown --recursive --reference="$project" "$modules"
}

may_write_modules() {
  [[ -w $project && (! -e $modules || -w $modules) ]]
}

# Started as root, display, sound and browser run as this user, so that Chromium's sandbox stays on.
has_user() {
  ((EUID != 0)) || getent passwd "$SERVICE_USER" >/dev/null
}

make_user() {
  has_user && return
  say "making the system user $SERVICE_USER: browser, display and sound do not run as root"
  quietly as_root useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \
    "$SERVICE_USER" || has_user || fail "could not make the user $SERVICE_USER"
}

# One that could not be built counts until its sources change, or until somebody asks for the set-up alone.
has_helper() {
  local state=
  [[ ! -f $helper_stamp ]] || state=$(<"$helper_stamp")
  [[ $state == "built $(helper_wanted)" && -x $helper ]] ||
    [[ $state == "failed $(helper_wanted)" && ${TAPEHEAD_SETUP:-} != only ]]
}

helper_wanted() {
  printf '%s %s' "$HOSTTYPE" "$(cat "$project"/src/native/*.[ch] "$project/src/native/build.sh" | sha256sum)"
}

# Nothing depends on the helper: where it cannot be built, one line says so, and the set-up goes on.
make_helper() {
  has_helper && return
  local runner=() state=built reason
  if [[ ! -w $modules ]]; then
    may_be_root || return 0
    runner=(as_root)
  fi
  if ! reason=$(build_helper "${runner[@]}"); then
    state=failed
    say "recordings will take more CPU, for the capture helper could not be built: $reason; to try again," \
      "TAPEHEAD_SETUP=only $(printf '%q' "$project/scripts/tapehead")"
  fi
  "${runner[@]}" mkdir -p "${helper_stamp%/*}"
  printf '%s %s' "$state" "$(helper_wanted)" | "${runner[@]}" tee "$helper_stamp" >/dev/null
  ((EUID != 0)) || chown --recursive --reference="$project" "${helper_stamp%/*}"
}

# Writes the reason why it fails. The arguments go before the command that compiles.
build_helper() {
  local names
  find_missing "$HELPER_PACKAGES"
  if ((${#missing[@]} > 0)); then
    names="${missing[*]%%|*}"
    if ! command -v apt-get >/dev/null || ! may_be_root; then
      printf 'missing %s, which needs root to be installed' "$names"
      return 1
    fi
    say 'installing what compiles the capture helper'
    if ! install_quietly "${missing[@]%%|*}"; then
      printf 'apt-get could not install %s' "$names"
      return 1
    fi
  fi
  if ! "$@" "$project/src/native/build.sh" "$helper" >/dev/null 2>&1 </dev/null 9<&-; then
    printf '%s failed' "$project/src/native/build.sh"
    return 1
  fi
}

install_quietly() {
  apt_get install --no-install-recommends "$@" >/dev/null 2>&1 </dev/null 9<&- && return 0
  { apt_get update && apt_get install --no-install-recommends "$@"; } >/dev/null 2>&1 </dev/null 9<&-
}

# Sets `node` to a Node that is new enough: the system's own, else the one that npm brought.
find_node() {
  local version
  version=$(node --version 2>/dev/null) || version=v0
  version=${version#v}
  if ((${version%%.*} >= MIN_NODE)); then
    node=$(command -v node)
  else
    # Not the link in .bin: npm 9, which is Debian's, leaves it out.
    node=$(compgen -G "$modules/node-linux-*/bin/node") || node=
  fi
  [[ -x $node ]] || fail "Node $MIN_NODE or newer is needed and neither the system nor $modules has one"
}
