//! The terminal: taken for the watch, and given back as it was found.

use std::io::{self, Stdout, Write, stdout};
use std::path::Path;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{MoveTo, Show};
use ratatui::crossterm::style::Print;
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::{Position, Rect};

use super::screen::{self, Link};
use super::session::Session;

/// The window that is drawn in.
pub struct Window {
    terminal: ratatui::Terminal<CrosstermBackend<Stdout>>,
    /// Whether the file to edit is a link.
    links: bool,
    taken: bool,
}

impl Window {
    /// Takes the terminal. A panic gives it back first and speaks then.
    pub fn take(links: bool) -> io::Result<Window> {
        Ok(Window {
            terminal: ratatui::try_init()?,
            links: links && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout),
            taken: true,
        })
    }

    /// Its columns and rows.
    pub fn size(&self) -> (u16, u16) {
        let size = self.terminal.size();
        size.map_or((80, 24), |size| (size.width, size.height))
    }

    /// Shows the session.
    pub fn draw(&mut self, session: &Session, root: &Path) -> io::Result<()> {
        let mut link = None;
        queue!(stdout(), BeginSynchronizedUpdate)?;
        self.terminal
            .draw(|frame| link = screen::draw(session, frame))?;
        if let Some(link) = link.filter(|_| self.links) {
            self.link(&link, root)?;
        }
        execute!(stdout(), EndSynchronizedUpdate)
    }

    /// Writes the text once more, as a link: a cell of a window holds none.
    fn link(&self, link: &Link, root: &Path) -> io::Result<()> {
        let end = usize::from(link.at.0) + link.text.chars().count();
        if end > usize::from(self.size().0) {
            return Ok(());
        }
        let target = url(&root.join(&link.file));
        queue!(
            stdout(),
            MoveTo(link.at.0, link.at.1),
            Print(format!("\x1b]8;;{target}\x1b\\{}\x1b]8;;\x1b\\", link.text)),
        )
    }

    /// Gives the terminal back, for a while or for good.
    pub fn give_back(&mut self) {
        if self.taken {
            self.taken = false;
            // Nothing is left to be done if the terminal is gone.
            let _ = execute!(stdout(), LeaveAlternateScreen, Show);
            let _ = disable_raw_mode();
            let _ = stdout().flush();
        }
    }

    /// Takes it again, whatever a shell made of it in between.
    pub fn take_again(&mut self) -> io::Result<()> {
        self.taken = true;
        disable_raw_mode()?;
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen)?;
        // Not `clear`, which asks the terminal where its cursor is: the answer
        // would come among the keys.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// A path as a URL, whatever it holds (RFC 8089 §2, RFC 3986 §2.1).
fn url(path: &Path) -> String {
    let mut url = "file://".to_owned();
    for octet in path.to_string_lossy().replace('\\', "/").bytes() {
        if octet.is_ascii_alphanumeric() || b"/-._~".contains(&octet) {
            url.push(char::from(octet));
        } else {
            url.push_str(&format!("%{octet:02X}"));
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_blanks_is_a_url() {
        let path = Path::new("/home/a b/ü.rs");
        assert_eq!(url(path), "file:///home/a%20b/%C3%BC.rs");
    }
}
