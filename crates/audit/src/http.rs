//! Serves `/api/admin/audit-log` and `/api/admin/integrity`.

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use db::{Db, DbError};
use http_kit::{
    ApiError, ApiResult, Envelope, Failure, Fields, Limit, Meta, Page, Permission, Query, Reply, Routes,
    Staff,
};
use kernel::{Cursor, DomainError, ErrorKind, Role, id::AuditEntryId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};
use uuid::Uuid;

use crate::{Recorded, integrity::http as integrity, store};

/// Expects a `Data<Db>` and a `Data<Integrity>`.
pub fn routes() -> Routes {
    Routes::new().get("/api/admin/audit-log", Limit::Admin, list_entries).get(
        "/api/admin/integrity",
        Limit::Admin,
        integrity::check,
    )
}

#[derive(Debug, OpenApi)]
#[openapi(paths(list_entries, integrity::check))]
pub struct ApiDoc;

/// A kind and an id are shorter.
const MAX_TARGET_CHARS: usize = 100;

/// Reads what others did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadAuditLog;

impl Permission for ReadAuditLog {
    const ROLES: &'static [Role] = &[Role::Manager];
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntriesQuery {
    /// Only what was done to this: `staff 0198c0de-0000-7000-8000-000000000001`.
    target: Option<String>,
    /// Items a page, 1 to 100; 20 when not given.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `meta.nextCursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryResponse {
    id: AuditEntryId,
    at: DateTime<Utc>,
    /// The id of whoever did it.
    actor: Uuid,
    /// The role at that time.
    actor_role: String,
    /// `staff.create`
    action: String,
    target: String,
    #[schema(value_type = Option<Object>)]
    before: Option<serde_json::Value>,
    #[schema(value_type = Option<Object>)]
    after: Option<serde_json::Value>,
}

/// What people of the shop changed, newest first.
#[utoipa::path(
    get, path = "/api/admin/audit-log", tag = "administration", operation_id = "listAuditLog",
    params(EntriesQuery),
    responses((status = 200, body = Envelope<Vec<EntryResponse>>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn list_entries(
    _: Staff<ReadAuditLog>,
    db: Data<Db>,
    query: Query<EntriesQuery>,
) -> ApiResult<Vec<EntryResponse>> {
    let EntriesQuery { target, limit, cursor } = query.0;
    let mut fields = Fields::default();
    let target = target.map(|text| fields.text("target", &text, MAX_TARGET_CHARS));
    fields.finish(|| Some(()))?;
    let target = target.flatten();
    let (limit, cursor) = Page { limit, cursor }.parse()?;
    let before = cursor.map(|c| c.decode().ok_or_else(Page::bad_cursor)).transpose()?;
    let mut entries = read(&db, target.as_deref(), before, limit).await?;
    let more = entries.len() > limit.get();
    entries.truncate(limit.get());
    let next = entries.last().filter(|_| more).map(|last| Cursor::encode(&last.id));
    Ok(Reply::ok(entries.into_iter().map(EntryResponse::from).collect())
        .with(Meta::page(next.as_ref(), None)))
}

async fn read(
    db: &Db,
    target: Option<&str>,
    before: Option<AuditEntryId>,
    limit: kernel::Limit,
) -> Result<Vec<Recorded>, ApiError> {
    let mut conn = db.conn().await.map_err(AuditError)?;
    let entries = store::list_entries(&mut conn, target, before, limit).await;
    Ok(entries.map_err(|e| AuditError(e.into()))?)
}

#[derive(Debug, thiserror::Error)]
#[error("the audit log could not be read")]
struct AuditError(#[source] DbError);

impl DomainError for AuditError {
    fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    fn code(&self) -> &'static str {
        "INTERNAL"
    }
}

impl From<Recorded> for EntryResponse {
    fn from(entry: Recorded) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor: entry.actor,
            actor_role: entry.actor_role,
            action: entry.action,
            target: entry.target,
            before: entry.before,
            after: entry.after,
        }
    }
}
