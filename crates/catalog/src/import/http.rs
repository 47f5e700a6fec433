//! Serves `/api/admin/products/imports` and `/api/admin/products/export`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Bytes, Data},
};
use chrono::{DateTime, Utc};
use futures_util::stream;
use http_kit::{
    ApiError, ApiResult, Envelope, Failure, FieldFailure, FileBody, Id, Lang, Limit, Messages, Meta, Page,
    Query, Reply, Routes, Staff,
};
use kernel::{
    Cursor, Language,
    id::{ImportId, StaffId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Import, Kind, MAX_BYTES, Outcome, Report, service};
use crate::{CatalogError, CatalogService, admin::http::ManageCatalogue};

/// Expects a `Data<CatalogService>`.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .get("/api/admin/products/export", Limit::Admin, export)
        .get("/api/admin/products/imports", Limit::Admin, list)
        .post("/api/admin/products/imports", Limit::Admin, import)
        .post("/api/admin/products/imports/{id}/undo", Limit::Admin, undo)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// Only tell what would happen.
    DryRun,
    Apply,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// `dry_run`: only tell what would happen.
    #[param(inline)]
    mode: Mode,
    /// Language of the messages; over `Accept-Language`.
    #[serde(rename = "lang")]
    #[param(value_type = Option<Language>)]
    _lang: Option<Language>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportResponse {
    /// What was done; null after a dry run.
    import: Option<ImportItem>,
    /// Rows that say something.
    rows: usize,
    created: usize,
    changed: usize,
    unchanged: usize,
    /// One is enough for nothing to be taken over.
    refused: usize,
    /// All but the unchanged.
    report: Vec<RowResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportRow)]
#[serde(rename_all = "camelCase")]
struct RowResponse {
    /// As a spreadsheet counts: the first below the header is 2.
    row: usize,
    code: String,
    /// `created`, `changed` or `refused`
    outcome: &'static str,
    /// What differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    columns: Vec<&'static str>,
    /// What is wrong; `field` is the column.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldFailure>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportItem {
    id: ImportId,
    rows: i32,
    created: i32,
    changed: i32,
    imported_at: DateTime<Utc>,
    imported_by: StaffId,
    undone_at: Option<DateTime<Utc>>,
    undone_by: Option<StaffId>,
}

/// Take a file of products over: CSV (UTF-8; commas, semicolons or tabs) or XLSX (its first sheet), at most 5 MiB and
/// 20,000 rows, as the whole body.
///
/// The first row names the columns, as an export does; `code` says which product a row is about. A column that is left
/// out changes nothing, an empty cell empties. Several badges or allergens are parted by `|`. Prices are gross zloty
/// (`19.99` or `19,99`); one that differs holds from now on, until that of today would have ended. All rows are taken
/// over or none.
#[utoipa::path(
    post, path = "/api/admin/products/imports", tag = "administration", operation_id = "importProducts",
    params(ImportQuery),
    request_body(content(
        (String = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    responses(
        (status = 200, body = Envelope<ImportResponse>, description = "What would happen (`dry_run`)."),
        (status = 201, body = Envelope<ImportResponse>, description = "What was done."),
        (status = 415, body = Failure, description = "`UNSUPPORTED_MEDIA_TYPE`"),
        (status = 422, body = Failure,
            description = "`IMPORT_REFUSED {rows}`, with the first 100 errors as `fields`: `rows[7].price_individual`; \
                           `FILE_UNREADABLE`, `TOO_MANY_ROWS {max}`; `VALIDATION_FAILED` with the columns as `fields`."),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn import(
    staff: Staff<ManageCatalogue>,
    req: HttpRequest,
    catalog: Data<CatalogService>,
    lang: Lang,
    query: Query<ImportQuery>,
    file: FileBody<MAX_BYTES>,
) -> ApiResult<ImportResponse> {
    let kind = match file.content_type.as_str() {
        "text/csv" => Kind::Csv,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Kind::Xlsx,
        _ => return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE")),
    };
    let messages = req.app_data::<Data<dyn Messages>>().map(|messages| &***messages);
    let file = file.bytes.to_vec();
    match query.0.mode {
        Mode::DryRun => {
            let report = catalog.try_import(kind, file).await?;
            Ok(Reply::ok(ImportResponse::of(None, report, lang.0, messages)))
        }
        Mode::Apply => {
            let (import, report) = catalog.import(staff.member.actor, kind, file).await?;
            Ok(Reply::created(ImportResponse::of(Some(import), report, lang.0, messages)))
        }
    }
}

/// The imports, newest first.
#[utoipa::path(
    get, path = "/api/admin/products/imports", tag = "administration", operation_id = "listImports",
    params(Page),
    responses((status = 200, body = Envelope<Vec<ImportItem>>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn list(
    _: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    page: Query<Page>,
) -> ApiResult<Vec<ImportItem>> {
    let (limit, cursor) = page.0.parse()?;
    let before = cursor.map(|c| c.decode().ok_or_else(Page::bad_cursor)).transpose()?;
    let mut imports = catalog.imports(before, limit).await?;
    let more = imports.len() > limit.get();
    imports.truncate(limit.get());
    let next = imports.last().filter(|_| more).map(|last| Cursor::encode(&last.id));
    let imports = imports.into_iter().map(ImportItem::from).collect();
    Ok(Reply::ok(imports).with(Meta::page(next.as_ref(), None)))
}

/// Undo one of the last 20 imports, as long as nobody has changed its products since. What it made is not sold any
/// more. Asked again, nothing happens.
#[utoipa::path(
    post, path = "/api/admin/products/imports/{id}/undo", tag = "administration", operation_id = "undoImport",
    params(("id" = ImportId, Path)),
    responses(
        (status = 200, body = Envelope<ImportItem>),
        (status = 409, body = Failure, description = "`CHANGED_SINCE_IMPORT {products, codes}`"),
        (status = 410, body = Failure, description = "`IMPORT_TOO_OLD`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn undo(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    id: Id<ImportId>,
) -> ApiResult<ImportItem> {
    Ok(Reply::ok(catalog.undo_import(staff.member.actor, id.0).await?.into()))
}

/// All products as CSV, with the columns of an import. What a spreadsheet would take for a formula is written behind an
/// apostrophe, which an import takes away again.
#[utoipa::path(
    get, path = "/api/admin/products/export", tag = "administration", operation_id = "exportProducts",
    responses((status = 200, body = String, content_type = "text/csv"), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn export(
    _: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
) -> Result<HttpResponse, ApiError> {
    // The first piece is made before the answer begins: a database that is away is told of by its status.
    let mut first = service::header()?;
    let after = catalog.export_after(None).await?.map(|(last, piece)| {
        first.extend(piece);
        last
    });
    let rest = stream::try_unfold(after, move |after| {
        let catalog = catalog.clone();
        async move {
            let Some(after) = after else { return Ok(None) };
            let piece = catalog.export_after(Some(after)).await?;
            Ok::<_, CatalogError>(piece.map(|(last, piece)| (Bytes::from(piece), Some(last))))
        }
    });
    let file = futures_util::StreamExt::chain(stream::iter([Ok(Bytes::from(first))]), rest);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"products.csv\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(Box::pin(file)))
}

impl ImportResponse {
    fn of(
        import: Option<Import>,
        report: Report,
        language: Language,
        messages: Option<&dyn Messages>,
    ) -> Self {
        let mut response = Self {
            import: import.map(ImportItem::from),
            rows: report.lines.len(),
            created: 0,
            changed: 0,
            unchanged: 0,
            refused: 0,
            report: Vec::new(),
        };
        for line in report.lines {
            let (outcome, columns, errors) = match line.outcome {
                Outcome::Unchanged => {
                    response.unchanged += 1;
                    continue;
                }
                Outcome::Created => {
                    response.created += 1;
                    ("created", Vec::new(), Vec::new())
                }
                Outcome::Changed(columns) => {
                    response.changed += 1;
                    ("changed", columns, Vec::new())
                }
                Outcome::Refused(errors) => {
                    response.refused += 1;
                    let told = errors.iter().map(|error| FieldFailure::of(error, language, messages));
                    ("refused", Vec::new(), told.collect())
                }
            };
            response.report.push(RowResponse { row: line.row, code: line.code, outcome, columns, errors });
        }
        response
    }
}

impl From<Import> for ImportItem {
    fn from(import: Import) -> Self {
        let Import { id, rows, created, changed, imported_at, imported_by, undone_at, undone_by } = import;
        Self { id, rows, created, changed, imported_at, imported_by, undone_at, undone_by }
    }
}
