//! A curl command, read: what it would send, and what of it matters to a description. It runs nothing and reads no file.

use clap::{Arg, ArgAction, ArgMatches, Command};
use url::{Url, form_urlencoded};

use super::mask::is_secret_name;

/// What a command would send.
#[derive(Clone)]
pub struct CurlRequest {
    /// The method.
    pub method: String,
    /// Where, with its query.
    pub url: Url,
    /// Headers as they are written.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
    /// User name and password of `-u`.
    pub basic: Option<(String, String)>,
    /// Files of `--cacert`, `--cert` and `--key`.
    pub files: Vec<(&'static str, String)>,
    /// What it says that a description says in another way.
    pub notes: Vec<String>,
}

/// Why a command is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurlError {
    /// Its quotes do not close.
    #[error("the quotes of the command do not close")]
    Quotes,
    /// It is no curl command.
    #[error("the command does not begin with curl")]
    NotCurl,
    /// An option that is not known. The command's words may be secrets, so they are not told.
    #[error("{0}")]
    Option(String),
    /// An option that a description cannot say.
    #[error("{0}")]
    Unfit(&'static str),
    /// No address, or more than one.
    #[error("expected exactly one URL that begins with http:// or https://")]
    Url,
}

/// Options with a value: the name in matches, the letter, the long names.
const VALUED: [(&str, Option<char>, &[&str]); 21] = [
    ("request", Some('X'), &["request"]),
    ("header", Some('H'), &["header"]),
    ("data", Some('d'), &["data", "data-ascii"]),
    ("data-raw", None, &["data-raw"]),
    ("data-binary", None, &["data-binary"]),
    ("data-urlencode", None, &["data-urlencode"]),
    ("json", None, &["json"]),
    ("form", Some('F'), &["form", "form-string"]),
    ("user", Some('u'), &["user"]),
    ("cookie", Some('b'), &["cookie"]),
    ("user-agent", Some('A'), &["user-agent"]),
    ("referer", Some('e'), &["referer"]),
    ("max-time", Some('m'), &["max-time", "connect-timeout"]),
    ("proxy", Some('x'), &["proxy"]),
    ("cacert", None, &["cacert"]),
    ("cert", Some('E'), &["cert"]),
    ("key", None, &["key"]),
    ("oauth2-bearer", None, &["oauth2-bearer"]),
    ("output", Some('o'), &["output", "write-out", "cookie-jar", "dump-header"]),
    ("upload", Some('T'), &["upload-file"]),
    ("url", None, &["url"]),
];

/// Options without one.
const FLAGS: [(&str, Option<char>, &[&str]); 11] = [
    ("get", Some('G'), &["get"]),
    ("insecure", Some('k'), &["insecure"]),
    ("location", Some('L'), &["location", "location-trusted"]),
    ("head", Some('I'), &["head"]),
    ("include", Some('i'), &["include", "show-headers"]),
    ("verbose", Some('v'), &["verbose"]),
    ("fail", Some('f'), &["fail", "fail-with-body"]),
    ("show-error", Some('S'), &["show-error"]),
    ("ipv4", Some('4'), &["ipv4"]),
    ("ipv6", Some('6'), &["ipv6"]),
    (
        "quiet",
        Some('s'),
        &[
            "silent",
            "compressed",
            "http1.1",
            "http2",
            "no-progress-meter",
            "globoff",
            "basic",
            "tlsv1.2",
            "tlsv1.3",
            "path-as-is",
        ],
    ),
];

/// Reads a command as a shell would.
///
/// # Errors
/// [`CurlError`].
pub fn read(command: &str) -> Result<CurlRequest, CurlError> {
    if command.contains("$'") {
        return Err(CurlError::Unfit("$'…' is a quote of bash alone; write the text in plain quotes"));
    }
    let words = shell_words::split(command).map_err(|_| CurlError::Quotes)?;
    let is_curl = words.first().is_some_and(|word| word == "curl" || word.ends_with("/curl"));
    if !is_curl {
        return Err(CurlError::NotCurl);
    }
    let matches = options().try_get_matches_from(words).map_err(|error| unknown(&error))?;
    let all = |name: &str| texts(&matches, name);
    if !all("form").is_empty() {
        return Err(CurlError::Unfit(
            "-F sends multipart/form-data, which no login is known to need; try whether -d works too",
        ));
    }
    if !all("upload").is_empty() || matches.get_flag("head") {
        return Err(CurlError::Unfit("-T and -I are no logins"));
    }
    let mut headers: Vec<(String, String)> = all("header").iter().filter_map(|line| header(line)).collect();
    let data = data(&matches, &mut headers)?;
    let url = url(&matches, &data)?;
    let body = (!matches.get_flag("get")).then_some(data).flatten();
    headers.extend(
        all("oauth2-bearer").into_iter().map(|token| ("Authorization".to_owned(), format!("Bearer {token}"))),
    );
    headers.extend(all("cookie").into_iter().map(|cookie| ("Cookie".to_owned(), cookie)));
    let method =
        all("request").pop().unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
    let basic = all("user").pop().map(|pair| match pair.split_once(':') {
        Some((name, password)) => (name.to_owned(), password.to_owned()),
        None => (pair, String::new()),
    });
    let files = [("ca_file", "cacert"), ("certificate_file", "cert"), ("key_file", "key")];
    let files = files.into_iter().filter_map(|(key, name)| Some((key, all(name).pop()?))).collect();
    Ok(CurlRequest { method, url, headers, body, basic, files, notes: notes(&matches) })
}

fn options() -> Command {
    let arg = |name: &'static str, short: Option<char>, long: &[&'static str]| {
        let mut arg = Arg::new(name).aliases(long.iter().skip(1).copied());
        if let Some(first) = long.first() {
            arg = arg.long(*first);
        }
        short.map_or_else(|| arg.clone(), |short| arg.clone().short(short))
    };
    let valued = VALUED.map(|(name, short, long)| {
        // A value may begin with a dash.
        arg(name, short, long).action(ArgAction::Append).allow_hyphen_values(true)
    });
    let flags = FLAGS
        .map(|(name, short, long)| arg(name, short, long).action(ArgAction::SetTrue).overrides_with(name));
    Command::new("curl")
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(valued)
        .args(flags)
        .arg(Arg::new("address").action(ArgAction::Append).num_args(0..))
}

fn texts(matches: &ArgMatches, name: &str) -> Vec<String> {
    matches.get_many::<String>(name).into_iter().flatten().cloned().collect()
}

/// What clap says without the words themselves.
fn unknown(error: &clap::Error) -> CurlError {
    use clap::error::{ContextKind, ContextValue};
    let option = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(option)) => option.split(['=', ' ']).next().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    CurlError::Option(format!(
        "the option {option} cannot be read here; leave it out if the login works without it"
    ))
}

fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.trim().to_owned(), value.trim().to_owned()))
}

/// The data of all options, in their order, as curl joins it.
fn data(matches: &ArgMatches, headers: &mut Vec<(String, String)>) -> Result<Option<String>, CurlError> {
    let mut pieces: Vec<(usize, &str, String)> = Vec::new();
    for name in ["data", "data-raw", "data-binary", "data-urlencode", "json"] {
        let at = matches.indices_of(name).into_iter().flatten();
        pieces.extend(at.zip(texts(matches, name)).map(|(at, text)| (at, name, text)));
    }
    pieces.sort_by_key(|(at, ..)| *at);
    let json = pieces.iter().any(|(_, name, _)| *name == "json");
    let mut data = String::new();
    for (_, name, text) in &pieces {
        let from_file = match *name {
            "data-raw" => false,
            "data-urlencode" => {
                text.split_once('=').is_none_or(|(before, _)| before.contains('@')) && text.contains('@')
            }
            _ => text.starts_with('@'),
        };
        if from_file {
            return Err(CurlError::Unfit("the data is in a file (@…); write it into the command"));
        }
        if !data.is_empty() && !json {
            data.push('&');
        }
        match (*name, text.split_once('=')) {
            ("data-urlencode", Some(("", value))) => {
                data.extend(form_urlencoded::byte_serialize(value.as_bytes()))
            }
            ("data-urlencode", Some((field, value))) => {
                data.push_str(field);
                data.push('=');
                data.extend(form_urlencoded::byte_serialize(value.as_bytes()));
            }
            ("data-urlencode", None) => data.extend(form_urlencoded::byte_serialize(text.as_bytes())),
            _ => data.push_str(text),
        }
    }
    if pieces.is_empty() {
        return Ok(None);
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
        headers.push(("Content-Type".to_owned(), kind.to_owned()));
    }
    Ok(Some(data))
}

fn url(matches: &ArgMatches, data: &Option<String>) -> Result<Url, CurlError> {
    let mut written = texts(matches, "address");
    written.extend(texts(matches, "url"));
    let [written] = written.as_slice() else { return Err(CurlError::Url) };
    // Without a scheme curl takes http, which nobody means who sends a password.
    let written = if written.contains("://") { written.clone() } else { format!("https://{written}") };
    let mut url = Url::parse(&written).map_err(|_| CurlError::Url)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(CurlError::Url);
    }
    if let (true, Some(data)) = (matches.get_flag("get"), data) {
        let query = url.query().map_or_else(|| data.clone(), |query| format!("{query}&{data}"));
        url.set_query(Some(&query));
    }
    Ok(url)
}

fn notes(matches: &ArgMatches) -> Vec<String> {
    let mut notes = Vec::new();
    if matches.get_flag("insecure") {
        notes.push(
            "-k turned the check of the certificate off, which the bridge never does; with a private authority, name it: \
             [legacy.tls] ca_file = \"…\""
                .to_owned(),
        );
    }
    if matches.get_flag("location") {
        notes.push("-L followed redirects, which the bridge never does with a password; write the address where it ends".to_owned());
    }
    if !texts(matches, "proxy").is_empty() {
        notes.push("a proxy stands under legacy.proxy, such as { env = \"LEGACY_PROXY\" }".to_owned());
    }
    if texts(matches, "user").iter().any(|pair| !pair.contains(':')) {
        notes.push("-u had no password in it".to_owned());
    }
    notes
}

impl std::fmt::Debug for CurlRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.headers.iter().map(|(name, _)| name).filter(|name| !is_secret_name(name));
        write!(f, "CurlRequest({} {:?})", self.method, names.collect::<Vec<_>>())
    }
}
