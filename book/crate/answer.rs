//! What is answered to a request, and to which none is. A page of another site
//! may have this server asked, by its address or by a name of its own that leads
//! here; such a request is known by its `Host` or its `Origin`, and refused.

use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, Request, Response, StatusCode};
use serde::Deserialize;
use tokio::sync::{mpsc, watch};

use crate::checker::{Checker, Known};
use crate::pages::Pages;

/// The longest body of a request, in octets.
const BODY_LEN_MAX: usize = 1024;

/// How long a body may take to come.
const BODY_WITHIN: Duration = Duration::from_secs(5);

/// How often a silent stream of events says that it is still there.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// All that an answer may need.
pub struct Desk {
    /// The port, for the names by which we may be asked.
    pub port: u16,
    /// The course's root, where the captures are.
    pub root: PathBuf,
    /// The finished book, as it is now.
    pub pages: watch::Receiver<Arc<Pages>>,
    /// What the checker has told.
    pub known: watch::Receiver<Known>,
    /// The checker; without one no page is live.
    pub checker: Option<Checker>,
    /// Who hears of events.
    pub hearers: watch::Sender<Hearers>,
    /// What a script of ours may be known by.
    pub nonce: String,
    /// What a page of ours knows, and no other can.
    pub token: String,
    /// What tells this server from others: it stands in a file of the course.
    pub id: String,
}

/// The pages that hear of events.
#[derive(Clone, Copy, Default)]
pub struct Hearers {
    /// How many there are now.
    pub now: usize,
    /// Whether there ever was one.
    pub ever: bool,
}

/// The body of an answer.
pub enum Answer {
    /// At once.
    Whole(Option<Bytes>),
    /// As it happens.
    Events(mpsc::Receiver<String>),
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Answer::Whole(octets) => {
                Poll::Ready(octets.take().map(|octets| Ok(Frame::data(octets))))
            }
            Answer::Events(events) => events
                .poll_recv(cx)
                .map(|event| event.map(|text| Ok(Frame::data(text.into())))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Answer::Whole(None))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            Answer::Whole(octets) => {
                let len = octets.as_ref().map_or(0, Bytes::len);
                hyper::body::SizeHint::with_exact(u64::try_from(len).unwrap_or(u64::MAX))
            }
            Answer::Events(_) => hyper::body::SizeHint::default(),
        }
    }
}

/// Answers a request.
pub async fn answer(
    desk: Arc<Desk>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    let mut response = if desk.is_ours(request.headers()) {
        match (request.method().as_str(), request.uri().path()) {
            ("GET" | "HEAD", "/live/events") => desk.events(request.uri().query()),
            ("GET", "/live/id") => whole(StatusCode::OK, "text/plain", desk.id.clone()),
            ("POST", "/live/check") => desk.check(request).await,
            ("GET" | "HEAD", path) => match path.strip_prefix("/live/captures/") {
                Some(name) => desk.capture(name),
                None => desk.page(path, request.headers()),
            },
            _ => words(StatusCode::METHOD_NOT_ALLOWED, "This is not offered.\n"),
        }
    } else {
        words(
            StatusCode::FORBIDDEN,
            "Only pages of this book are answered, under the address that netlings printed.\n",
        )
    };
    desk.dress(response.headers_mut());
    Ok(response)
}

fn whole(status: StatusCode, kind: &'static str, octets: impl Into<Bytes>) -> Response<Answer> {
    let mut response = Response::new(Answer::Whole(Some(octets.into())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn words(status: StatusCode, text: &'static str) -> Response<Answer> {
    whole(status, "text/plain; charset=utf-8", text)
}

impl Desk {
    /// Whether the request was meant for us, by a page of ours or by a person.
    fn is_ours(&self, headers: &HeaderMap) -> bool {
        let names = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{}", self.port));
        let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str());
        let host =
            matches!(text(header::HOST), Some(Ok(host)) if names.iter().any(|name| name == host));
        let origin = match text(header::ORIGIN) {
            None => true,
            Some(Ok(origin)) => origin
                .strip_prefix("http://")
                .is_some_and(|host| names.iter().any(|name| name == host)),
            Some(Err(_)) => false,
        };
        // A link that somebody followed here is no foreign request; a picture or
        // a script that another site takes from here is one.
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let taken = matches!(header("sec-fetch-site"), Some("cross-site" | "same-site"))
            && header("sec-fetch-mode") != Some("navigate");
        host && origin && !taken
    }

    /// What every answer says: nothing is taken from elsewhere, no other site
    /// shows us in a frame, and nothing is kept.
    fn dress(&self, headers: &mut HeaderMap) {
        let policy = format!(
            "default-src 'self'; script-src 'self' 'nonce-{}'; style-src 'self' 'unsafe-inline'; \
             img-src 'self' data:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'",
            self.nonce
        );
        if let Ok(policy) = HeaderValue::try_from(policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-cache"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }

    /// A file of the book.
    fn page(&self, path: &str, headers: &HeaderMap) -> Response<Answer> {
        let pages = self.pages.borrow();
        let (status, file) = match pages.get(path) {
            Some(file) => (StatusCode::OK, file),
            None => match pages.get("/404.html") {
                Some(file) => (StatusCode::NOT_FOUND, file),
                None => return words(StatusCode::NOT_FOUND, "The book has no such page.\n"),
            },
        };
        let known = headers.get(header::IF_NONE_MATCH);
        let mut response = if status == StatusCode::OK
            && known.is_some_and(|tag| tag.as_bytes() == file.tag.as_bytes())
        {
            let mut response = Response::new(Answer::Whole(None));
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            whole(status, file.kind, file.octets.clone())
        };
        if let Ok(tag) = HeaderValue::try_from(file.tag.as_str()) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }

    /// A capture that a page links to.
    fn capture(&self, name: &str) -> Response<Answer> {
        let path = self
            .known
            .borrow()
            .capture(name)
            .map(|path| self.root.join(path));
        match path.and_then(|path| fs::read(path).ok()) {
            Some(octets) => whole(StatusCode::OK, "application/octet-stream", octets),
            None => words(StatusCode::NOT_FOUND, "There is no such capture.\n"),
        }
    }

    /// A check, asked for by the button of a page.
    async fn check(&self, request: Request<Incoming>) -> Response<Answer> {
        #[derive(Deserialize)]
        struct Asked {
            step: String,
        }
        let headers = request.headers();
        let is = |name: &str, value: &str| {
            headers
                .get(name)
                .is_some_and(|came| came.as_bytes() == value.as_bytes())
        };
        if !headers.contains_key(header::ORIGIN) || !is("x-netlings-token", &self.token) {
            return words(
                StatusCode::FORBIDDEN,
                "Only a page of this book can ask that.\n",
            );
        }
        if !is("content-type", "application/json") {
            return words(StatusCode::UNSUPPORTED_MEDIA_TYPE, "JSON is wanted.\n");
        }
        let octets = tokio::time::timeout(BODY_WITHIN, body(request.into_body())).await;
        let asked = match octets {
            Ok(Some(octets)) => serde_json::from_slice::<Asked>(&octets).ok(),
            Ok(None) => return words(StatusCode::PAYLOAD_TOO_LARGE, "That is too much.\n"),
            Err(_) => return words(StatusCode::REQUEST_TIMEOUT, "That takes too long.\n"),
        };
        match asked.filter(|asked| self.known.borrow().offers(&asked.step)) {
            None => words(StatusCode::NOT_FOUND, "No page offers to check that.\n"),
            Some(asked)
                if self
                    .checker
                    .as_ref()
                    .is_some_and(|checker| checker.ask(&asked.step)) =>
            {
                words(StatusCode::ACCEPTED, "The check is asked for.\n")
            }
            Some(_) => words(StatusCode::SERVICE_UNAVAILABLE, "The checker is busy.\n"),
        }
    }

    /// What happens, from now on: first how everything stands, so that whoever
    /// was away has missed nothing.
    fn events(self: &Arc<Self>, query: Option<&str>) -> Response<Answer> {
        let page = query.and_then(|query| query.strip_prefix("page="));
        let page = page.unwrap_or("index.html").to_owned();
        let (events, hears) = mpsc::channel(4);
        tokio::spawn(tell(Arc::clone(self), page, events));
        let mut response = Response::new(Answer::Events(hears));
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        );
        response
    }
}

/// The body of a request; `None` if it is too long.
async fn body(mut body: Incoming) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let data = frame.ok()?.into_data().unwrap_or_default();
        if octets.len() + data.len() > BODY_LEN_MAX {
            return None;
        }
        octets.extend_from_slice(&data);
    }
    Some(octets)
}

/// Tells a page what happens, until it is closed.
async fn tell(desk: Arc<Desk>, page: String, events: mpsc::Sender<String>) {
    desk.hearers.send_modify(|hearers| {
        hearers.now += 1;
        hearers.ever = true;
    });
    let lab = page.strip_suffix(".html").unwrap_or_default().to_owned();
    let path = format!("/{page}");
    let (mut pages, mut known) = (desk.pages.clone(), desk.known.clone());
    // What the page knows, by the names of the events.
    let mut told: [(&str, Arc<str>); 4] =
        ["page", "checker", "course", "lab"].map(|name| (name, "".into()));
    let mut text = format!("retry: 500\n{}", event("token", &desk.token));
    loop {
        {
            let known = known.borrow_and_update();
            let lives = match (&desk.checker, known.lives) {
                (None, _) => "",
                (Some(_), true) => "lives",
                (Some(_), false) => "starts",
            };
            let news: [Arc<str>; 4] = [
                pages
                    .borrow_and_update()
                    .tag(&path)
                    .trim_matches('"')
                    .into(),
                lives.into(),
                Arc::clone(&known.course),
                known
                    .labs
                    .get(&lab)
                    .map(|lab| Arc::clone(&lab.document))
                    .unwrap_or_default(),
            ];
            for ((name, before), now) in told.iter_mut().zip(news) {
                if *before != now {
                    text.push_str(&event(name, &now));
                    *before = now;
                }
            }
        }
        if !text.is_empty() && events.send(std::mem::take(&mut text)).await.is_err() {
            break;
        }
        let alive = tokio::select! {
            changed = known.changed() => changed.is_ok(),
            changed = pages.changed() => changed.is_ok(),
            () = tokio::time::sleep(HEARTBEAT) => {
                text = event("beat", "");
                true
            }
            () = events.closed() => false,
        };
        if !alive {
            break;
        }
    }
    desk.hearers.send_modify(|hearers| hearers.now -= 1);
}

/// An event in the form of the HTML standard; JSON has no line break.
fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
