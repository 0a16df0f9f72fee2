# The network of the book's figures, made of network namespaces, and a command
# run on its laptop. Needs Linux, and no rights:
#
#     unshare -rn sh tests/suite/book/network.sh ping -c 1 198.51.100.7
#
#   laptop               home                 provider             server
#   192.168.1.77/26 ---- 192.168.1.65/26
#                        203.0.113.2/30 ----- 203.0.113.1/30
#                                             198.51.100.1/24 ---- 198.51.100.7/24
#
# The namespace that it is started in becomes the laptop. The others end when
# the command does.
set -eu

# Makes a host, and says its number: that of a process in its namespace.
host() {
    unshare -n sh -c 'sleep 1000000 </dev/null >/dev/null 2>&1 & echo $!'
}

# Sets a host up, or a router, with commands of ip from standard input.
set_up() {
    nsenter -t "$1" -n ip -batch -
}
set_up_router() {
    nsenter -t "$1" -n sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward && exec ip -batch -'
}

# Nobody else can have chosen the same IPv6 address, so nobody is asked.
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
hosts=
trap 'kill $hosts' EXIT
home=$(host)
hosts=$home
provider=$(host)
hosts="$hosts $provider"
server=$(host)
hosts="$hosts $server"

# A cable has an end here and one over there; two of the ends move on.
ip -batch - <<END
link add eth0 address 02:00:5e:10:00:01 type veth peer name eth0 address 02:00:5e:10:00:41 netns $home
link add eth1 address 02:00:5e:10:00:42 type veth peer name eth0 address 02:00:5e:10:00:02 netns $provider
link set eth1 netns $home
link add eth1 address 02:00:5e:10:00:03 type veth peer name eth0 address 02:00:5e:10:00:07 netns $server
link set eth1 netns $provider
link set lo up
link set eth0 up
address add 192.168.1.77/26 broadcast + dev eth0
route add default via 192.168.1.65
END
set_up_router "$home" <<END
link set lo up
link set eth0 up
link set eth1 up
address add 192.168.1.65/26 broadcast + dev eth0
address add 203.0.113.2/30 broadcast + dev eth1
route add default via 203.0.113.1
END
set_up_router "$provider" <<END
link set lo up
link set eth0 up
link set eth1 up
address add 203.0.113.1/30 broadcast + dev eth0
address add 198.51.100.1/24 broadcast + dev eth1
route add 192.168.1.64/26 via 203.0.113.2
END
set_up "$server" <<END
link set lo up
link set eth0 up
address add 198.51.100.7/24 broadcast + dev eth0
route add default via 198.51.100.1
END

"$@"
