//! From sources to pages: built beside, then swapped in.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;

use crate::head::{self, Said};
use crate::{Error, dress, include, quiz, widget};

/// A file in each book that this program built. Only a folder that has it, or
/// is empty, is ever replaced.
const MARK: &str = ".netlings-book";

/// What becomes of includes that lead nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Includes {
    /// They stop the build: for a book that is published.
    Strict,
    /// They are told, and a note stands in their place: for a learner, whose
    /// edits may have taken an anchor away.
    Lenient,
}

/// Builds the book at `root` into `dest`. The pages are made in a folder beside
/// `dest` and then take its place, so that nobody reads half a book; if the
/// build fails, `dest` is as it was.
///
/// `url` is where the book will be found, for what needs a whole address.
pub fn build(root: &Path, dest: &Path, includes: Includes, url: Option<&str>) -> Result<(), Error> {
    let failed = |error| Error::MdBook(format!("{error:#}"));
    let mut book = MDBook::load(root).map_err(failed)?;
    if let Some(url) = url {
        let site = head::site(url).map_err(Error::MdBook)?;
        book.config
            .set("output.html.site-url", site)
            .map_err(failed)?;
    }
    let src = root.join(&book.config.book.src);
    let widgets = root.join(widget::FOLDER);
    let mut failures = Vec::new();
    let mut said = Vec::new();
    let about = book.config.book.description.clone().unwrap_or_default();
    book.book.for_each_mut(|item| {
        if let BookItem::Chapter(chapter) = item
            && let Some(path) = &chapter.source_path
        {
            let page = src.join(path);
            let folder = page.parent().unwrap_or(&src);
            let shown = Path::new("book/src").join(path).display().to_string();
            let (content, description) = head::take(&chapter.content);
            said.push(Said {
                path: page_of(path),
                title: chapter.name.clone(),
                description: description.unwrap_or_else(|| about.clone()),
            });
            let (content, failed) = include::check(&content, folder, &shown);
            failures.extend(failed);
            let name = path.with_extension("");
            let (content, failed) = widget::place(&content, &widgets, &name, &shown);
            failures.extend(failed);
            let content = dress::dress(&content, folder);
            let (content, failed) = quiz::place(&content, &src, &name);
            failures.extend(failed);
            chapter.content = content;
        }
    });
    match includes {
        Includes::Strict if !failures.is_empty() => return Err(Error::Include(failures)),
        _ => failures
            .iter()
            .for_each(|failure| eprintln!("warning: {failure}")),
    }
    replaceable(dest)?;
    let fresh = beside(dest, "new");
    let title = book.config.book.title.clone().unwrap_or_default();
    let built = fill(&mut book, &widgets, &fresh)
        .and_then(|()| {
            head::write(&fresh, &title, &said, url)
                .map_err(|error| Error::Path(fresh.clone(), error))
        })
        .and_then(|()| swap(&fresh, dest));
    if built.is_err() {
        let _ = fs::remove_dir_all(&fresh);
    }
    built
}

/// The page that a source becomes: `hello.html`.
fn page_of(source: &Path) -> String {
    let page = match source.file_name() {
        Some(name) if name == "README.md" => source.with_file_name("index.html"),
        _ => source.with_extension("html"),
    };
    page.to_string_lossy().replace('\\', "/")
}

fn fill(book: &mut MDBook, widgets: &Path, fresh: &Path) -> Result<(), Error> {
    fs::create_dir_all(fresh).map_err(|error| Error::Path(fresh.to_owned(), error))?;
    book.config.build.build_dir = fresh.to_owned();
    book.build()
        .map_err(|error| Error::MdBook(format!("{error:#}")))?;
    widget::copy(widgets, &fresh.join(widget::FOLDER))
        .map_err(|error| Error::Path(widgets.to_owned(), error))?;
    quiz::copy(&book.root, fresh)?;
    let mark = fresh.join(MARK);
    fs::write(&mark, "").map_err(|error| Error::Path(mark, error))
}

fn swap(fresh: &Path, dest: &Path) -> Result<(), Error> {
    let old = beside(dest, "old");
    match fs::rename(dest, &old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::Path(dest.to_owned(), error));
        }
        _ => {}
    }
    if let Err(error) = fs::rename(fresh, dest) {
        let _ = fs::rename(&old, dest);
        return Err(Error::Path(dest.to_owned(), error));
    }
    let _ = fs::remove_dir_all(&old);
    Ok(())
}

/// A folder next to `dest`, on the same file system, for this process alone.
fn beside(dest: &Path, what: &str) -> PathBuf {
    let mut name = dest.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}-{}", std::process::id()));
    dest.with_file_name(name)
}

fn replaceable(dest: &Path) -> Result<(), Error> {
    match fs::read_dir(dest) {
        Ok(mut entries) => {
            let ours = dest.join(MARK).exists() || entries.next().is_none();
            if ours {
                Ok(())
            } else {
                Err(Error::NotABook(dest.to_owned()))
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::Path(dest.to_owned(), error)),
    }
}

/// A page, as it is named on the command line.
pub struct Page<'a> {
    /// Its name: `index`, or `hello`.
    pub name: &'a str,
    /// The place on it, as an address has it: `#step-2`, or nothing.
    pub fragment: String,
}

impl Page<'_> {
    /// The start page, a chapter (`hello`) or a step (`hello/2`).
    pub fn new(chapter: Option<&str>) -> Page<'_> {
        match chapter.unwrap_or("index").split_once('/') {
            Some((name, step)) => Page {
                name,
                fragment: format!("#step-{step}"),
            },
            None => Page {
                name: chapter.unwrap_or("index"),
                fragment: String::new(),
            },
        }
    }
}
