# Installs the packages named as arguments on Debian and its relatives; run as root.
# We start private servers of our own: the packages' own ones shall neither start now nor make a cluster of their own.
set -eu
export DEBIAN_FRONTEND=noninteractive

policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.conf
cleanup() {
    [ -z "${made_policy:-}" ] || rm -f "$policy"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

if [ ! -e "$policy" ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

# One source that does not answer is no reason to stop: what is wanted may well be in the lists that are here.
apt-get update || echo 'apt-get update failed; trying with the lists that are here' >&2
# postgresql-common first: its switch must be off before a server package is configured.
case " $* " in
*" postgresql "*)
    if [ ! -e "$cluster" ]; then
        apt-get install --yes --no-install-recommends postgresql-common
        sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' "$cluster"
    fi
    ;;
esac
apt-get install --yes --no-install-recommends "$@"

# Nor at the next boot.
case " $* " in
*" redis-server "*)
    if command -v systemctl >/dev/null; then
        systemctl disable --quiet redis-server.service || true
    fi
    ;;
esac
