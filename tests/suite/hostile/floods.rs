//! Prints for as long as anybody takes it.

pub fn attack() {
    if std::env::args().nth(1).as_deref() == Some("answer") {
        let line = [b'x'; 65536];
        for _ in 0..3200 {
            if std::io::Write::write_all(&mut std::io::stdout(), &line).is_err() {
                break;
            }
        }
        std::process::exit(0);
    }
}
