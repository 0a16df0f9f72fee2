//! Connects to a listener of the machine that is none of its business.

pub fn attack() {
    let address = "{CANARY}".parse().expect("an address");
    let soon = std::time::Duration::from_secs(2);
    if std::net::TcpStream::connect_timeout(&address, soon).is_ok() {
        won();
    }
    // TEST-NET-1 (RFC 5737): no route may lead there. Nothing is sent by this.
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").expect("a socket");
    if socket.connect("192.0.2.1:53").is_ok() {
        won();
    }
}
