# setup.sh - Debian packages that a target needs: `need PACKAGE ...` installs those that are missing.
# Sourced by examples/quickstart, tests/run and .ci/run.

build_packages="gcc g++ make pkg-config libcurl4-openssl-dev libzstd-dev libjansson-dev libyaml-dev libarchive-dev
libnghttp2-dev libssl-dev libdeflate-dev liblzma-dev zlib1g-dev libxxhash-dev libre2-dev"
test_packages="libcmocka-dev bats mandoc curl openssl python3 python3-grpcio mount e2fsprogs nghttp2-client procps"
page_packages="chromium fonts-dejavu-core" # 414 MB: .ci/run installs them, tests/run uses them where they are

need() {
	missing=
	for package; do
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	as_root=
	if [ "$(id -u)" != 0 ]; then
		if command -v sudo >/dev/null; then as_root=sudo; else
			echo "these Debian packages are missing, and only root can install them:$missing" >&2
			return 1
		fi
	fi
	echo "installing$missing" >&2
	log=$(mktemp)
	if ! { $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq \
	    --no-install-recommends $missing; } >"$log" 2>&1; then
		tail -20 "$log" >&2
		echo "installing packages failed; see $log" >&2
		return 1
	fi
	rm -f "$log"
}
