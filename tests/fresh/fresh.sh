#!/bin/sh
# fresh.sh SUITE FOLDER: does what a newcomer does on a new Debian: makes a folder of that release with debootstrap (git
# and make, nothing else), puts the working tree into it, runs `make compare` and `make test`, and reports. Needs root.
# MIRROR (default: this system's Debian mirror) and COMMANDS (default: "compare test") may be set.
set -eu
suite=${1:?expected a suite such as trixie or bookworm}
folder=${2:?expected a folder to build in}
commands=${COMMANDS:-compare test}
case $suite in
    trixie | bookworm) ;;
    *) echo "fresh.sh: expected SUITE=trixie or SUITE=bookworm, got '$suite'" >&2; exit 2 ;;
esac
if [ "$(id -u)" -ne 0 ]; then
    echo "fresh.sh: needs root, for debootstrap and chroot (sudo make fresh SUITE=$suite)" >&2
    exit 1
fi
command -v debootstrap >/dev/null || { echo "fresh.sh: needs debootstrap (apt-get install debootstrap)" >&2; exit 1; }
cd "$(dirname "$0")/../.."
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/$' | head -n 1)}
[ -n "$mirror" ] || { echo "fresh.sh: no Debian mirror found in this system's sources (hint: set MIRROR)" >&2; exit 1; }

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
root=$folder/root
unmount() {
    for place in srv/shared sys proc dev/pts dev; do
        if mountpoint -q "$root/$place"; then umount "$root/$place"; fi
    done
}
trap unmount EXIT
unmount
rm -rf "$root"

echo "making a folder of Debian $suite"
debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$root" "$mirror" > "$folder/debootstrap.log" 2>&1 ||
    { tail -n 20 "$folder/debootstrap.log" >&2; exit 1; }
# The network as this system reaches it.
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/apt/apt.conf.d/*proxy* /etc/apt/apt.conf.d/*registry* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --bind /dev "$root/dev"
mount --bind /dev/pts "$root/dev/pts"

# What is tracked, with changes that are not committed yet.
commit=$(git stash create || true)
mkdir "$root/srv/cyclone"
git archive "${commit:-HEAD}" | tar -x -C "$root/srv/cyclone"
shared=${CYCLONE_SHARED:-../shared}
if [ -d "$shared" ]; then
    mkdir "$root/srv/shared"
    mount --bind "$shared" "$root/srv/shared"
fi

status=0
for command in $commands; do
    start=$(date +%s)
    code=0
    chroot "$root" /usr/bin/env -u CYCLONE_SHARED -u MAKEFLAGS -u MAKEOVERRIDES /bin/sh -c "cd /srv/cyclone && make $command" > "$folder/$command.log" 2>&1 < /dev/null || code=$?
    echo "make $command: exit code $code after $(($(date +%s) - start)) s ($folder/$command.log)"
    if [ $code -ne 0 ]; then
        status=1
        tail -n 30 "$folder/$command.log"
    fi
done
grep -h "tests passed" "$folder"/*.log || true
exit $status
