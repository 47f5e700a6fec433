//! What media's tests share: its service over a database and a directory of its own.

use std::{fs, path::PathBuf, sync::Arc};

use actix_web::{
    App,
    body::MessageBody as _,
    http::header::HeaderMap,
    middleware::from_fn,
    test::{TestRequest, call_service, init_service, read_body},
    web::{Bytes, Data},
};
use db::Transact as _;
use http_kit::{ApiResult, Limit, Public, Reply, Routes};
use kernel::{Clock as _, FixedClock};
use serde_json::{Value, json};
use testkit::{TestDb, pictures};

use crate::{Form, Location, Media, MediaError, Picture, Storage, http};

pub(crate) struct Bench {
    pub(crate) db: TestDb,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) dir: PathBuf,
    pub(crate) media: Media,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

async fn take(_: Public, media: Data<Media>, form: Form) -> ApiResult<Value> {
    let picture = media.develop(form.file("photo").await?).await?;
    Ok(Reply::created(json!([picture.main.url(), picture.thumbnail.url()])))
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let (db, clock) = (TestDb::new().await, Arc::new(testkit::clock()));
        let dir = std::env::temp_dir().join(testkit::unique("media"));
        let storage = Storage::open(&Location::Directory(dir.clone())).unwrap();
        let media = Media::new(db.db(), clock.clone(), storage).unwrap();
        Self { db, clock, dir, media }
    }

    pub(crate) async fn develop(&self) -> Result<Picture, MediaError> {
        let upload = self.media.upload("image/jpeg", pictures::jpeg(64, 48)).await?;
        self.media.develop(upload).await
    }

    /// In a transaction of its own; whether it was possible.
    pub(crate) async fn keep(&self, picture: &Picture) -> bool {
        let (now, mut conn) = (self.clock.now(), self.db.db().conn().await.unwrap());
        conn.transaction::<_, db::QueryError, _>(async |tx| crate::keep(tx, picture, now).await).await.is_ok()
    }

    pub(crate) async fn discard(&self, picture: &Picture) {
        let (now, mut conn) = (self.clock.now(), self.db.db().conn().await.unwrap());
        crate::discard(&mut conn, picture, now).await.unwrap();
    }

    pub(crate) async fn sweep(&self) -> Result<usize, MediaError> {
        self.media.sweep(self.clock.now()).await
    }

    /// Files in the store, and rows in the book.
    pub(crate) async fn left(&self) -> (usize, i64) {
        let files = fs::read_dir(&self.dir).unwrap().count();
        (files, self.db.number("select count(*) from media.files").await)
    }

    /// In its place there is something that is no directory; back again by [`come_back`](Self::come_back).
    pub(crate) fn store_goes_away(&self) {
        fs::rename(&self.dir, self.dir.with_extension("away")).unwrap();
        fs::write(&self.dir, "no directory").unwrap();
    }

    pub(crate) fn come_back(&self) {
        fs::remove_file(&self.dir).unwrap();
        fs::rename(self.dir.with_extension("away"), &self.dir).unwrap();
    }

    pub(crate) async fn ask(&self, request: TestRequest) -> Answer {
        let routes = || Routes::new().post("/photos", Limit::None, take).join(http::routes());
        let app = App::new()
            .app_data(Data::new(self.media.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| routes().mount(cfg));
        let res = call_service(&init_service(app).await, request.to_request()).await;
        let (status, headers) = (res.status().as_u16(), res.headers().clone());
        Answer { status, headers, body: read_body(res.map_body(|_, body| body.boxed())).await }
    }

    pub(crate) async fn post(&self, content_type: &str, body: Vec<u8>) -> Answer {
        let request = TestRequest::post().uri("/photos").insert_header(("content-type", content_type));
        self.ask(request.set_payload(body)).await
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["error"]["code"].as_str().unwrap().to_owned())
    }

    /// The one field it is about, and what is wrong with it.
    pub(crate) fn field(&self) -> (String, String) {
        assert_eq!(self.refusal(), (422, "VALIDATION_FAILED".to_owned()));
        let told = self.json();
        let fields = told["error"]["fields"].as_array().unwrap();
        assert_eq!(fields.len(), 1, "{told}");
        let text = |name: &str| fields[0][name].as_str().unwrap().to_owned();
        (text("field"), text("code"))
    }
}
