//! The finished book in memory, as it is served: what is not in here cannot be
//! asked for. Pages get what makes them live on their way in, and the files
//! that are published never have it.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;

use hyper::body::Bytes;

/// The script and the style of live pages.
const LIVE: [(&str, &str, &str); 2] = [
    (
        "live/live.js",
        "text/javascript; charset=utf-8",
        include_str!("../live/live.js"),
    ),
    (
        "live/live.css",
        "text/css; charset=utf-8",
        include_str!("../live/live.css"),
    ),
];

/// A file of the book.
pub struct File {
    /// Its type, for the browser.
    pub kind: &'static str,
    /// What it holds.
    pub octets: Bytes,
    /// A name for this content, quoted (RFC 9110 §8.8.3).
    pub tag: String,
}

/// The book, by paths without a slash in front.
pub struct Pages(HashMap<String, File>);

impl Pages {
    /// Reads the book in `folder`. Scripts that stand in a page get `nonce`,
    /// and no others will run.
    ///
    /// # Errors
    /// What the file system says.
    pub fn load(folder: &Path, nonce: &str) -> io::Result<Pages> {
        let mut files = HashMap::new();
        for (path, kind, text) in LIVE {
            files.insert(path.to_owned(), File::new(kind, text.into()));
        }
        read(folder, "", nonce, &mut files)?;
        Ok(Pages(files))
    }

    /// The file at the path of a request; a folder is its `index.html`.
    pub fn get(&self, path: &str) -> Option<&File> {
        let path = path.strip_prefix('/')?;
        if path.is_empty() || path.ends_with('/') {
            return self.0.get(&format!("{path}index.html"));
        }
        self.0.get(path)
    }

    /// The tag of a page; empty where there is none.
    pub fn tag(&self, path: &str) -> String {
        self.get(path)
            .map_or(String::new(), |file| file.tag.clone())
    }
}

impl File {
    fn new(kind: &'static str, octets: Vec<u8>) -> File {
        let mut hasher = DefaultHasher::new();
        octets.hash(&mut hasher);
        File {
            kind,
            tag: format!("\"{:016x}\"", hasher.finish()),
            octets: octets.into(),
        }
    }
}

fn read(
    folder: &Path,
    path: &str,
    nonce: &str,
    files: &mut HashMap<String, File>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        let path = format!("{path}{name}");
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{path}/"), nonce, files)?;
        } else if let Some(kind) = kind(&name) {
            let octets = fs::read(entry.path())?;
            let file = if name.ends_with(".html") {
                enlivened(&octets, nonce)
            } else {
                File::new(kind, octets)
            };
            files.insert(path, file);
        }
    }
    Ok(())
}

/// A page with its live script. Its tag is that of what was built.
fn enlivened(octets: &[u8], nonce: &str) -> File {
    let built = File::new("text/html; charset=utf-8", octets.to_owned());
    let page = String::from_utf8_lossy(octets)
        .replace("<script>", &format!("<script nonce=\"{nonce}\">"))
        .replacen(
            "</head>",
            &format!(
                "<meta name=\"netlings-page\" content=\"{}\">\n\
                 <link rel=\"stylesheet\" href=\"/live/live.css\">\n\
                 <script type=\"module\" src=\"/live/live.js\"></script>\n</head>",
                built.tag.trim_matches('"')
            ),
            1,
        );
    File {
        octets: page.into_bytes().into(),
        ..built
    }
}

/// The type of a file by its ending; `None` for what no page asks for.
fn kind(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        "pcapng" => "application/octet-stream",
        _ => return None,
    })
}
