//! Where a story's database stands.

use passerelle::store::db::Db;
use tempfile::TempDir;

use crate::support::postgres;

/// The two databases that the store knows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

/// A new database, gone when the story ends.
pub(super) struct Place {
    pub(super) url: String,
    _folder: TempDir,
}

impl Place {
    pub(super) fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.path().join("store.db").display()),
            Engine::Postgres => postgres::new_database(),
        };
        Self { url, _folder: folder }
    }

    /// A handle on it: the first builds the schema.
    pub(super) async fn open(&self) -> Db {
        Db::open(&self.url, 8).await.unwrap()
    }
}

/// Does one write of one store function: `commit!(db, accounts::remember, &account)` answers what it answers. The work
/// owns what it is given.
macro_rules! commit {
    ($db:expr, $function:path $(, $argument:expr)* $(,)?) => {{
        let db = $db.clone();
        db.write(move |tx| Box::pin(async move { $function(tx $(, $argument)*).await })).await
    }};
}

pub(super) use commit;
