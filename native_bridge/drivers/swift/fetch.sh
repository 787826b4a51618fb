#!/usr/bin/env bash
# Unpack Debian trixie's Swift compiler, and what it needs to run and link, into a folder; the machine's own packages and
# sources stay as they are. Usage: fetch.sh FOLDER. MIRROR names a Debian mirror; without it the machine's own is taken.
set -euo pipefail

folder=${1:?usage: fetch.sh FOLDER}
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 -E '/debian/?$' || true)}
[ -n "$mirror" ] || { echo "No Debian mirror among apt's sources: name one with MIRROR=..." >&2; exit 1; }
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || { echo "No $keyring: install debian-archive-keyring" >&2; exit 1; }

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$folder/.apt
mkdir -p "$work"/lists/partial "$work"/cache/archives/partial
: >"$work/status"
echo "deb [signed-by=$keyring] $mirror trixie main" >"$work/sources.list"
cat >"$work/apt.conf" <<CONF
Dir::State "$work";
Dir::State::Lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Acquire::Languages "none";
CONF
export APT_CONFIG=$work/apt.conf
echo "Fetching the Swift compiler (540 MB) and unpacking it (2.5 GB) into $folder"
apt-get update -qq
apt-get install -y -qq --download-only --no-install-recommends swiftlang libc6-dev >/dev/null
for package in "$work"/cache/archives/*.deb; do dpkg-deb --extract "$package" "$folder"; done
rm -rf "$work"
