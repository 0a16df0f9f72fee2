//! What stands in a page's head for those who have not opened it yet: its
//! description, what a link to it looks like elsewhere, and for search engines
//! the list of pages. Addresses of other sites' making are needed for some of
//! it; they are there when the book's own address is given.

use std::fs;
use std::io;
use std::path::Path;

/// How a page's source begins the line with its description.
const MARK: &str = "<!-- description: ";

/// The picture that stands for the book, `book/card.svg` as a PNG.
const CARD: &str = "figures/card.png";

/// A page and what is said of it.
pub struct Said {
    /// Its path in the finished book: `hello.html`.
    pub path: String,
    /// Its title.
    pub title: String,
    /// What it is about, in a sentence.
    pub description: String,
}

/// The page without its description, and the description.
pub fn take(page: &str) -> (String, Option<String>) {
    let of = |line: &str| Some(line.strip_prefix(MARK)?.strip_suffix(" -->")?.to_owned());
    let description = page.lines().find_map(of);
    let without = page.lines().filter(|line| of(line).is_none());
    let text: String = without.flat_map(|line| [line, "\n"]).collect();
    (text, description)
}

/// Writes what is said of `pages` into the finished book in `folder`; with its
/// address, `https://HOST/PATH/`, the links of each page, the card and the list
/// of pages too.
///
/// # Errors
/// What reading and writing say.
pub fn write(folder: &Path, book: &str, pages: &[Said], url: Option<&str>) -> io::Result<()> {
    for said in pages {
        let path = folder.join(&said.path);
        let page = fs::read_to_string(&path)?;
        let Some((before, rest)) = page.split_once("<meta name=\"description\" content=\"") else {
            continue;
        };
        let Some((_, after)) = rest.split_once("\">") else {
            continue;
        };
        fs::write(&path, format!("{before}{}{after}", tags(book, said, url)))?;
    }
    let Some(url) = url else { return Ok(()) };
    let locations = pages.iter().map(|said| {
        let path = address(url, &said.path);
        format!("  <url><loc>{}</loc></url>\n", escape(&path))
    });
    let list = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{}</urlset>\n",
        locations.collect::<String>()
    );
    fs::write(folder.join("sitemap.xml"), list)
}

/// The address of a page; the start page is that of the book.
fn address(url: &str, path: &str) -> String {
    let path = if path == "index.html" { "" } else { path };
    format!("{url}{path}")
}

fn tags(book: &str, said: &Said, url: Option<&str>) -> String {
    let named = |kind: &str, name: &str, value: &str| {
        format!(
            "<meta {kind}=\"{name}\" content=\"{}\">\n        ",
            escape(value)
        )
    };
    let mut tags = named("name", "description", &said.description)
        + &named("property", "og:type", "article")
        + &named("property", "og:site_name", book)
        + &named("property", "og:title", &said.title)
        + &named("property", "og:description", &said.description);
    if let Some(url) = url {
        let here = address(url, &said.path);
        tags += &format!(
            "<link rel=\"canonical\" href=\"{}\">\n        ",
            escape(&here)
        );
        tags += &named("property", "og:url", &here);
        tags += &named("property", "og:image", &address(url, CARD));
        tags += &named("property", "og:image:width", "1200");
        tags += &named("property", "og:image:height", "630");
        tags += &named(
            "property",
            "og:image:alt",
            "netlings, and a message of five letters in its segment, its packet and its frame",
        );
        tags += &named("name", "twitter:card", "summary_large_image");
    }
    tags
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The path in an address, as the book's own links begin: `/PATH/`.
///
/// # Errors
/// That it is no address of a folder, in a sentence.
pub fn site(url: &str) -> Result<&str, String> {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let path = rest.and_then(|rest| Some(rest.split_at(rest.find('/')?)));
    match path {
        Some((host, path)) if !host.is_empty() && path.ends_with('/') => Ok(path),
        _ => Err(format!(
            "{url}: the address of the book begins with https:// and ends with /"
        )),
    }
}
