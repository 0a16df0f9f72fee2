//! Says what a terminal, a spreadsheet, a browser or a runner might obey.

pub fn attack() {
    eprintln!("\u{1b}[2J\u{1b}]0;owned\u{7}``` ```` </failure>]]><script>alert(1)</script>");
    eprintln!("::error title=owned::50 of 50\n=HYPERLINK(\"http://192.0.2.1\")\n\u{202e}desrever | # <!-- {{");
    println!("=1+1,\"\u{0}\u{fffe}");
    std::process::exit(1);
}
