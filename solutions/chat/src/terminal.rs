//! Given. Changes here are not graded and are replaced by updates.
//!
//! Where lines are typed and shown. A terminal in its usual mode keeps the line
//! that is being typed to itself, and whatever is printed meanwhile lands in the
//! middle of it. So the mode is changed (with `stty`, as a shell would), keys
//! are taken one by one, and the line is drawn again below what was printed.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// To the start of the line, and nothing behind it.
const CLEAR: &str = "\r\x1b[K";

/// What stands before the line that is being typed.
const PROMPT: &str = "> ";

/// A terminal, or two streams of lines.
#[derive(Debug)]
pub struct Screen {
    terminal: Option<Terminal>,
    typed: Mutex<String>,
}

/// A terminal whose mode was changed.
#[derive(Debug)]
struct Terminal {
    /// The mode before, in the words of `stty -g`.
    before: String,
    columns: usize,
}

impl Screen {
    /// A terminal where there is one at both ends; else plain lines.
    pub fn open() -> Self {
        let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        let screen = Screen {
            terminal: is_terminal.then(Terminal::open).flatten(),
            typed: Mutex::new(String::new()),
        };
        screen.draw(&screen.lock());
        screen
    }

    /// Gives the terminal back as it was.
    pub fn close(&self) {
        if let Some(terminal) = &self.terminal {
            print(CLEAR);
            stty(&[&terminal.before]);
        }
    }

    /// Shows a line, with its control characters made harmless.
    pub fn show(&self, line: &str) {
        let harmless = |c: char| if c.is_control() && c != '\t' { '·' } else { c };
        let line: String = line.chars().map(harmless).collect();
        let typed = self.lock();
        if self.terminal.is_some() {
            print(CLEAR);
        }
        print(&format!("{line}\n"));
        self.draw(&typed);
    }

    /// The next line that is typed; `None` at the end.
    pub fn read_line(&self) -> Option<String> {
        if self.terminal.is_some() {
            return self.edit_line();
        }
        let mut line = Vec::new();
        match io::stdin().lock().read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                Some(text.strip_suffix('\n').unwrap_or(&text).to_owned())
            }
        }
    }

    /// Takes keys until a line is complete: letters, backspace, Ctrl-U and
    /// Ctrl-W to erase, Enter; Ctrl-D and Ctrl-C end.
    fn edit_line(&self) -> Option<String> {
        let mut keys = io::stdin().lock().bytes();
        let mut letter = Vec::new();
        loop {
            let key = keys.next()?.ok()?;
            let mut typed = self.lock();
            match key {
                b'\n' | b'\r' => {
                    let line = std::mem::take(&mut *typed);
                    print(&format!("{CLEAR}{PROMPT}{line}\n"));
                    self.draw(&typed);
                    return Some(line);
                }
                0x03 => return None,
                0x04 if typed.is_empty() => return None,
                0x08 | 0x7f => {
                    typed.pop();
                }
                0x15 => typed.clear(),
                0x17 => {
                    let kept = typed.trim_end().rfind(' ').map_or(0, |at| at + 1);
                    typed.truncate(kept);
                }
                0x1b => {
                    drop(typed);
                    skip_sequence(&mut keys)?;
                    continue;
                }
                0x00..=0x1f => {}
                _ => {
                    // A letter may take up to four octets, a key each.
                    letter.push(key);
                    if let Ok(text) = str::from_utf8(&letter) {
                        typed.push_str(text);
                        letter.clear();
                    } else if letter.len() >= 4 {
                        letter.clear();
                    }
                }
            }
            self.draw(&typed);
        }
    }

    /// Draws the line that is being typed: its end, where it is too long.
    fn draw(&self, typed: &str) {
        if let Some(terminal) = &self.terminal {
            let room = terminal.columns.saturating_sub(PROMPT.len() + 1);
            let skipped = typed.chars().count().saturating_sub(room);
            let shown: String = typed.chars().skip(skipped).collect();
            print(&format!("{CLEAR}{PROMPT}{shown}"));
        }
    }

    fn lock(&self) -> MutexGuard<'_, String> {
        self.typed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Terminal {
    fn open() -> Option<Self> {
        let before = stty(&["-g"])?;
        // Rows, then columns.
        let columns = stty(&["size"])
            .and_then(|size| size.split_whitespace().nth(1)?.parse().ok())
            .filter(|columns| *columns > 0);
        // Each key at once; nothing shown by the terminal; no key is a signal.
        stty(&["-icanon", "-echo", "-isig", "min", "1"])?;
        Some(Terminal {
            before,
            columns: columns.unwrap_or(80),
        })
    }
}

/// Runs `stty` on our terminal and gives what it prints; `None` if it failed.
fn stty(args: &[&str]) -> Option<String> {
    let mut command = Command::new("stty");
    command.args(args).stdin(Stdio::inherit());
    let output = command.output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| printed.trim().to_owned())
}

/// Reads past the rest of what a key such as an arrow sends behind ESC.
fn skip_sequence(keys: &mut impl Iterator<Item = io::Result<u8>>) -> Option<()> {
    if keys.next()?.ok()? == b'[' {
        while !(0x40..=0x7e).contains(&keys.next()?.ok()?) {}
    }
    Some(())
}

/// Prints at once. Where nobody reads any more, there is nobody to tell.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
