//! Given. Changes here are not graded and are replaced by updates.
//!
//! The client: what is typed goes out, what comes is shown. On a terminal, what
//! comes stands above the line that is being typed; else both are plain lines.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::error::Error;
use crate::terminal::Screen;
use crate::{LINE_LEN_MAX, NAME_LEN_MAX, net};

/// The longest line that a server sends: a line with a name before it.
const SHOWN_LEN_MAX: u64 = (LINE_LEN_MAX + NAME_LEN_MAX + 2) as u64;

/// Talks to the server until the input ends (Ctrl-D), and then until the server
/// has closed too.
///
/// # Errors
/// [`Error::Refused`] for a name that was given and is not taken in,
/// [`Error::ServerClosed`] if the server was first, and what sockets refuse.
pub fn talk(server: &str, name: Option<&str>) -> Result<(), Error> {
    let stream = net::connect(server)?;
    if let Some(name) = name {
        send(&stream, name)?;
    }
    let screen = Arc::new(Screen::open());
    let done = Arc::new(AtomicBool::new(false));
    let typing = (stream.try_clone()?, Arc::clone(&screen), Arc::clone(&done));
    // This thread is not waited for: it may sit in a read of the keyboard when
    // the server ends.
    thread::spawn(move || {
        let (stream, screen, done) = typing;
        while let Some(line) = screen.read_line() {
            if let Err(error) = send(&stream, &line) {
                screen.show(&format!("! {error}"));
            }
        }
        done.store(true, Ordering::Relaxed);
        // It fails if the server was faster.
        let _ = stream.shutdown(Shutdown::Write);
    });
    let ended = listen(&stream, &screen, name.is_some());
    screen.close();
    match ended {
        Ok(()) if done.load(Ordering::Relaxed) => Ok(()),
        Ok(()) => Err(Error::ServerClosed),
        Err(error) => Err(error),
    }
}

/// Shows what comes, until the end. Questions are answered and not shown.
fn listen(stream: &TcpStream, screen: &Screen, is_named: bool) -> Result<(), Error> {
    let mut is_in = !is_named;
    let mut from = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        let len = match (&mut from).take(SHOWN_LEN_MAX).read_until(b'\n', &mut line) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => 0,
            len => len?,
        };
        if len == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        if text.starts_with("? ") {
            // If this fails, the next read tells.
            let _ = send(stream, "");
            continue;
        }
        if let (false, Some(why)) = (is_in, text.strip_prefix("! ")) {
            return Err(Error::Refused(why.to_owned()));
        }
        is_in = is_in || text.starts_with("* welcome");
        screen.show(text);
    }
}

/// Sends one line, in one piece.
fn send(mut stream: &TcpStream, line: &str) -> Result<(), Error> {
    if line.len() >= LINE_LEN_MAX {
        return Err(Error::LineTooLong);
    }
    stream.write_all(format!("{line}\n").as_bytes())?;
    Ok(())
}
