//! Serves `/api/content` and `/api/admin/content`.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use http_kit::{
    ApiError, ApiResult, Body, Envelope, Failure, IfMatch, Lang, Limit, Meta, Page, Permission, Public,
    Query, Rendered, Reply, Routes, Staff, serve,
};
use kernel::{Cursor, Language, Role, id::StaffId};
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};

use crate::{
    ContentError, ContentService,
    document::{Kind, Published, Text, Texts, sections},
};

/// Expects a `Data<ContentService>`.
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/content/{kind}", Limit::Default, get)
        .get("/api/admin/content/{kind}", Limit::Admin, admin_get)
        .put("/api/admin/content/{kind}", Limit::Admin, publish)
        .get("/api/admin/content/{kind}/versions", Limit::Admin, versions)
}

#[derive(Debug, OpenApi)]
#[openapi(paths(get, admin_get, publish, versions))]
pub struct ApiDoc;

/// The shop's texts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ManageContent;

impl Permission for ManageContent {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Catalogue];
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContentQuery {
    /// Language of the answer; over `Accept-Language`.
    #[serde(rename = "lang")]
    #[param(value_type = Option<Language>)]
    _lang: Option<Language>,
    /// An earlier version: the one that somebody agreed to.
    #[param(minimum = 1)]
    version: Option<i32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VersionQuery {
    /// An earlier version than the newest.
    #[param(minimum = 1)]
    version: Option<i32>,
}

/// A text in one language. Questions and answers come as `sections`, everything else as `markdown`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    #[schema(example = "faq")]
    kind: &'static str,
    version: i32,
    /// The language it is in, which may be another than was asked for.
    lang: Language,
    title: String,
    updated_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sections: Option<Vec<SectionResponse>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    markdown: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentSection)]
struct SectionResponse {
    /// Empty for what stands before the first heading.
    title: String,
    markdown: String,
}

/// The texts as they are written down: what is read is what is sent back, changed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentSheet {
    translations: ContentTranslations,
}

/// A language that readers have had must stay.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContentTranslations {
    tr: Option<ContentText>,
    en: Option<ContentText>,
    pl: Option<ContentText>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContentText {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Markdown without HTML. Links lead to `http`, `https`, `mailto`, `tel` or into the shop. Headings of the second
    /// level begin the sections of `faq`.
    #[schema(min_length = 1, max_length = 20_000)]
    markdown: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminDocument {
    kind: &'static str,
    /// 0: nothing was published yet.
    version: i32,
    published_at: Option<DateTime<Utc>>,
    /// Null: it came with the shop.
    published_by: Option<StaffId>,
    content: ContentSheet,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContentVersion {
    version: i32,
    published_at: DateTime<Utc>,
    /// Null: it came with the shop.
    published_by: Option<StaffId>,
}

/// A text of the shop: questions and answers, terms, privacy, cookies.
#[utoipa::path(
    get, path = "/api/content/{kind}", tag = "content", operation_id = "getContent",
    params(("kind" = String, Path, description = "`faq`, `terms`, `privacy` or `cookies`"), ContentQuery),
    responses(
        (status = 200, body = Envelope<Document>),
        (status = 304, description = "the client has it already"),
        (status = "4XX", body = Failure),
        (status = 503, body = Failure),
    ),
)]
pub(crate) async fn get(
    _: Public,
    req: HttpRequest,
    content: Data<ContentService>,
    kind: Path<String>,
    lang: Lang,
    query: Query<ContentQuery>,
) -> Result<HttpResponse, ApiError> {
    let body = content.body((named(&kind)?, query.0.version, lang.0)).await?;
    Ok(serve(&req, &body, "public, max-age=0, must-revalidate"))
}

/// A text in all its languages, newest version or an earlier one. The `ETag` is what a change has to name.
#[utoipa::path(
    get, path = "/api/admin/content/{kind}", tag = "administration", operation_id = "adminGetContent",
    params(("kind" = String, Path, description = "`faq`, `terms`, `privacy` or `cookies`"), VersionQuery),
    responses((status = 200, body = Envelope<AdminDocument>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn admin_get(
    _: Staff<ManageContent>,
    content: Data<ContentService>,
    kind: Path<String>,
    query: Query<VersionQuery>,
) -> ApiResult<AdminDocument> {
    let (kind, version) = (named(&kind)?, query.0.version);
    let found = content.texts(kind, version).await?;
    if found.is_none() && version.is_some() {
        return Err(ContentError::NotFound.into());
    }
    Ok(reply(kind, found))
}

/// Publish the next version, which everybody reads within a second. The one before stays.
#[utoipa::path(
    put, path = "/api/admin/content/{kind}", tag = "administration", operation_id = "publishContent",
    params(
        ("kind" = String, Path, description = "`faq`, `terms`, `privacy` or `cookies`"),
        ("If-Match" = String, Header, description = "The `ETag` it was read with; `\"0\"` for the first."),
    ),
    request_body = ContentSheet,
    responses(
        (status = 200, body = Envelope<AdminDocument>),
        (status = 412, body = Failure, description = "`VERSION_OUTDATED {version}`"),
        (status = 428, body = Failure, description = "`IF_MATCH_REQUIRED`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn publish(
    staff: Staff<ManageContent>,
    content: Data<ContentService>,
    kind: Path<String>,
    expected: IfMatch,
    body: Body<ContentSheet>,
) -> ApiResult<AdminDocument> {
    let kind = named(&kind)?;
    let published = content.publish(staff.member.actor, (kind, expected.0), body.value.into()).await?;
    Ok(reply(kind, Some(published)))
}

/// All versions of a text, newest first.
#[utoipa::path(
    get, path = "/api/admin/content/{kind}/versions", tag = "administration", operation_id = "listContentVersions",
    params(("kind" = String, Path, description = "`faq`, `terms`, `privacy` or `cookies`"), Page),
    responses((status = 200, body = Envelope<Vec<ContentVersion>>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn versions(
    _: Staff<ManageContent>,
    content: Data<ContentService>,
    kind: Path<String>,
    page: Query<Page>,
) -> ApiResult<Vec<ContentVersion>> {
    let kind = named(&kind)?;
    let (limit, cursor) = page.0.parse()?;
    let below = cursor.map(|c| c.decode().ok_or_else(Page::bad_cursor)).transpose()?;
    let mut versions = content.versions(kind, below, limit).await?;
    let more = versions.len() > limit.get();
    versions.truncate(limit.get());
    let next = versions.last().filter(|_| more).map(|last| Cursor::encode(&last.version));
    let versions = versions.into_iter().map(|Published { version, at, by }| ContentVersion {
        version,
        published_at: at,
        published_by: by,
    });
    Ok(Reply::ok(versions.collect()).with(Meta::page(next.as_ref(), None)))
}

fn named(kind: &str) -> Result<Kind, ApiError> {
    Kind::parse(kind).ok_or_else(ApiError::not_found)
}

fn reply(kind: Kind, found: Option<(Published, Texts)>) -> Reply<AdminDocument> {
    let (published, mut texts) = found.map_or_else(Default::default, |(p, texts)| (Some(p), texts));
    let mut text =
        |language| texts.remove(&language).map(|Text { title, body }| ContentText { title, markdown: body });
    let translations =
        ContentTranslations { tr: text(Language::Tr), en: text(Language::En), pl: text(Language::Pl) };
    let version = published.as_ref().map_or(0, |published| published.version);
    Reply::ok(AdminDocument {
        kind: kind.as_str(),
        version,
        published_at: published.as_ref().map(|published| published.at),
        published_by: published.and_then(|published| published.by),
        content: ContentSheet { translations },
    })
    .of_version(version)
}

impl From<ContentSheet> for Texts {
    fn from(sheet: ContentSheet) -> Self {
        let ContentTranslations { tr, en, pl } = sheet.translations;
        let texts = [(Language::Tr, tr), (Language::En, en), (Language::Pl, pl)].into_iter();
        let text = |ContentText { title, markdown }| Text {
            title: title.trim().to_owned(),
            // A carriage return is a line's end as some write it.
            body: markdown.replace("\r\n", "\n").trim().to_owned(),
        };
        texts.filter_map(|(language, given)| Some((language, text(given?)))).collect()
    }
}

type Wanted = (Kind, Option<i32>, Language);

/// Finished answers, kept for less than a second: that is how long an edit takes to be seen by everybody.
#[derive(Clone)]
pub(crate) struct Bodies(Cache<Wanted, Rendered>);

impl Bodies {
    const MOST: u64 = 256;
    /// The rest of the second is for the queries that went before.
    const KEPT: Duration = Duration::from_millis(900);

    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(Self::MOST).time_to_live(Self::KEPT).build())
    }
}

impl ContentService {
    /// From memory when it is fresh, else made once for all who wait for it. A failure is not kept.
    async fn body(&self, wanted: Wanted) -> Result<Rendered, ContentError> {
        let Bodies(cache) = &self.bodies;
        let rendering = self.render(wanted);
        cache.try_get_with(wanted, rendering).await.map_err(|e: Arc<ContentError>| ContentError::Shared(e))
    }

    async fn render(&self, (kind, version, language): Wanted) -> Result<Rendered, ContentError> {
        let (published, lang, text) = self.text(kind, version, language).await?;
        let Text { title, body } = text;
        let (sections, markdown) = match kind {
            Kind::Faq => {
                let sections = sections(&body).into_iter();
                let response = sections.map(|s| SectionResponse { title: s.title, markdown: s.body });
                (Some(response.collect()), None)
            }
            _ => (None, Some(body)),
        };
        let Published { version, at, .. } = published;
        let document =
            Document { kind: kind.as_str(), version, lang, title, updated_at: at, sections, markdown };
        Ok(Rendered::new(document, None::<Meta>)?)
    }
}
