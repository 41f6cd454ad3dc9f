//! The master key: 32 bytes from the environment or from a file that only we can read. Everything sealed hangs on it.
//! It seals nothing itself; [`super::seal`] derives a key for each purpose.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::secret::{Chance, Secret};

/// A key file holds one line; whatever is longer is something else.
const LONGEST_FILE: u64 = 1024;

/// 32 random bytes, wiped when dropped.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// Why there is no master key to work with.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The text is not 32 bytes in one of the three spellings.
    #[error("the master key must be 32 random bytes, written as base64, base64url or 64 hexadecimal digits")]
    Malformed,
    /// The file's content is not a master key.
    #[error(
        "{} does not hold a master key: 32 random bytes, written as base64, base64url or 64 hexadecimal digits",
        path.display()
    )]
    MalformedFile {
        /// Which file.
        path: PathBuf,
    },
    /// Somebody besides the owner may read or write the file.
    #[error("{} is open to others (mode {mode:04o}); make it yours alone: chmod 600", path.display())]
    OpenToOthers {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// There is a file already, and a master key is never overwritten.
    #[error("{} exists already and is left as it is", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl MasterKey {
    /// Reads a key from text: base64 or base64url, padded or not, or 64 hexadecimal digits; white space around it is ignored.
    ///
    /// # Errors
    /// [`MasterKeyError::Malformed`], when it is not 32 bytes in one of those spellings.
    pub fn from_text(text: &Secret) -> Result<Self, MasterKeyError> {
        let text = text.expose().trim();
        let bytes = Zeroizing::new(
            if text.len() == 64 { from_hex(text) } else { from_base64(text) }.unwrap_or_default(),
        );
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| MasterKeyError::Malformed)?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// Reads the key file at `path`; `None` when there is no such file.
    ///
    /// # Errors
    /// When it cannot be read, when others than the owner may read or write it, or when it holds no key.
    pub fn read_file(path: &Path) -> Result<Option<Self>, MasterKeyError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failure(path, error)),
        };
        // The opened file is asked, not the path: nobody can swap it in between.
        let mode = file.metadata().map_err(|error| failure(path, error))?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(MasterKeyError::OpenToOthers { path: path.to_owned(), mode });
        }
        let mut bytes = Zeroizing::new(Vec::new());
        file.take(LONGEST_FILE).read_to_end(&mut bytes).map_err(|error| failure(path, error))?;
        let malformed = || MasterKeyError::MalformedFile { path: path.to_owned() };
        let text = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
        Self::from_text(&Secret::from(text)).map(Some).map_err(|_| malformed())
    }

    /// Makes a new key and writes it to `path` with mode 0600; on disk before it is handed out, since what it seals is
    /// lost without it. The file is there with the whole key in it or not at all, where the file system can do so: another process may start
    /// at this moment, and this one may be killed.
    ///
    /// # Errors
    /// When a file is there already, or cannot be written.
    pub fn create_file(path: &Path, chance: &Chance) -> Result<Self, MasterKeyError> {
        let key = Self(Zeroizing::new(chance.bytes()));
        let draft = draft_of(path, chance);
        let placed = key.write_durably(&draft).and_then(|()| key.place(&draft, path));
        // Under its own name the key stays; under this one it is of no use to anybody.
        let _ = std::fs::remove_file(&draft);
        placed.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => MasterKeyError::Exists { path: path.to_owned() },
            _ => failure(path, error),
        })?;
        Ok(key)
    }

    fn write_durably(&self, path: &Path) -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let line = Zeroizing::new(format!("{}\n", URL_SAFE_NO_PAD.encode(self.0.as_slice())));
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
        if written.is_err() {
            // Half a key is none, and would be in the way of the next try.
            let _ = std::fs::remove_file(path);
        }
        written
    }

    /// Gives the file at `draft` the name `path` as well, unless something has that name: a rename would replace it. A file system without
    /// hard links (SMB, FAT, some of FUSE) gets the key a second time instead.
    fn place(&self, draft: &Path, path: &Path) -> std::io::Result<()> {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        // A new name is durable only when its directory is.
        let flush = || File::open(directory.unwrap_or(Path::new(".")))?.sync_all();
        match std::fs::hard_link(draft, path) {
            Ok(()) => flush(),
            Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) => {
                self.write_durably(path)?;
                // Not each of those file systems can flush a directory.
                let _ = flush();
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The bytes, for derivation only.
    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[master key]")
    }
}

fn failure(path: &Path, source: std::io::Error) -> MasterKeyError {
    MasterKeyError::File { path: path.to_owned(), source }
}

/// A name beside `path` that nobody else writes to.
fn draft_of(path: &Path, chance: &Chance) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", hex::encode(chance.bytes::<8>())));
    name.into()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()
}
