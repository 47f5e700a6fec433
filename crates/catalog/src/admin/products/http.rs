//! Serves `/api/admin/products`.

use std::collections::BTreeMap;

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use http_kit::{
    ApiError, ApiResult, Body, Envelope, Failure, Fields, Id, IfMatch, Meta, Page, Query, Reply, Staff,
};
use kernel::{Cursor, Language, Money, UserType, VatRate, id::ProductId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Dossier, Sheet, Wanted};
use crate::{
    CatalogService,
    admin::{
        draft::{Draft, Offer, Offers, Texts},
        http::ManageCatalogue,
        images::http::AdminImage,
        timeline::Period,
    },
};

/// A search for something longer finds nothing.
const MAX_TEXT_CHARS: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AdminProductsQuery {
    /// Part of a name in any language, or the beginning of a code.
    q: Option<String>,
    /// Slug of a category.
    category: Option<String>,
    /// Only what is sold, or only what is not.
    active: Option<bool>,
    /// Items a page, 1 to 100; 20 when not given.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `meta.nextCursor` of the page before.
    cursor: Option<String>,
}

/// A product as it is written down: what is asked for is what is sent back, changed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProductSheet {
    /// The article number: letters, digits, `.`, `_` and `-`.
    #[schema(max_length = 30, example = "105")]
    code: String,
    /// Left out: made of name, size and code; of a product that has one, kept.
    #[schema(max_length = 200)]
    slug: Option<String>,
    /// Slug of the category.
    category: String,
    #[serde(default)]
    #[schema(max_length = 80)]
    brand: String,
    /// As printed on the pack: `900g`, `2x200g`; the price of a kilogram or a litre is computed from it.
    #[serde(default)]
    #[schema(max_length = 40)]
    size: String,
    #[schema(minimum = 1, maximum = 10_000)]
    quantity_per_box: i32,
    /// Whether it is sold.
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    #[schema(max_length = 200)]
    manufacturer: String,
    /// ISO 3166-1 alpha-2.
    #[schema(example = "TR")]
    origin_country: Option<String>,
    /// `new`, `bestseller`, `sale`, `organic`, `halal`, `vegan`, `vegetarian`, `gluten_free`, `lactose_free`,
    /// `sugar_free`, `spicy`, `frozen`
    #[serde(default)]
    badges: Vec<String>,
    /// Substances of Annex II of Regulation (EU) No 1169/2011: `gluten`, `crustaceans`, `eggs`, `fish`, `peanuts`,
    /// `soybeans`, `milk`, `nuts`, `celery`, `mustard`, `sesame`, `sulphites`, `lupin`, `molluscs`
    #[serde(default)]
    allergens: Vec<String>,
    /// Whole numbers per 100 g or 100 ml: `energyKj`, `energyKcal`, `fatMg`, `saturatesMg`, `carbohydrateMg`,
    /// `sugarsMg`, `fibreMg`, `proteinMg`, `saltMg`; left out when they are not known.
    nutrition: Option<BTreeMap<String, i32>>,
    translations: Translations,
    prices: Prices,
    /// Percent: 0, 5, 8 or 23.
    #[schema(example = 5)]
    vat_rate: Option<u16>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ProductTranslations)]
#[serde(deny_unknown_fields)]
struct Translations {
    tr: Option<TextsSheet>,
    en: Option<TextsSheet>,
    pl: Option<TextsSheet>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ProductTexts)]
#[serde(deny_unknown_fields)]
struct TextsSheet {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Plain text.
    #[serde(default)]
    #[schema(max_length = 5_000)]
    description: String,
    /// How to keep it.
    #[serde(default)]
    #[schema(max_length = 500)]
    storage: String,
}

/// What holds now; one left out: not sold to this type of customer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ProductPrices)]
#[serde(deny_unknown_fields)]
struct Prices {
    individual: Option<PriceSheet>,
    corporate: Option<PriceSheet>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ProductPrice)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PriceSheet {
    /// Gross, for one unit.
    price: Money,
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 9_999, default = 1)]
    min_quantity: i32,
}

fn yes() -> bool {
    true
}

fn one() -> i32 {
    1
}

/// A price that begins some time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlanPriceRequest {
    user_type: UserType,
    /// Gross, for one unit; left out: not sold to this type of customer meanwhile.
    price: Option<Money>,
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 9_999, default = 1)]
    min_quantity: i32,
    /// Left out: from now on.
    valid_from: Option<DateTime<Utc>>,
    /// Left out: for good, in place of whatever was planned for later.
    valid_to: Option<DateTime<Utc>>,
}

/// A VAT rate that begins some time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlanVatRateRequest {
    /// Percent: 0, 5, 8 or 23.
    vat_rate: u16,
    /// Left out: from now on.
    valid_from: Option<DateTime<Utc>>,
    /// Left out: for good, in place of whatever was planned for later.
    valid_to: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminProductItem {
    id: ProductId,
    version: i32,
    product: ProductSheet,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminProduct {
    #[serde(flatten)]
    item: AdminProductItem,
    /// All prices that were, are and will be, by time.
    prices: Vec<PricePeriod>,
    vat_rates: Vec<VatPeriod>,
    images: Vec<AdminImage>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PricePeriod {
    user_type: UserType,
    price: Money,
    min_quantity: i32,
    valid_from: DateTime<Utc>,
    valid_to: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VatPeriod {
    vat_rate: u16,
    valid_from: DateTime<Utc>,
    valid_to: Option<DateTime<Utc>>,
}

/// Every product, sold or not, by code.
#[utoipa::path(
    get, path = "/api/admin/products", tag = "administration", operation_id = "adminListProducts",
    params(AdminProductsQuery),
    responses((status = 200, body = Envelope<Vec<AdminProductItem>>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn list(
    _: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    query: Query<AdminProductsQuery>,
) -> ApiResult<Vec<AdminProductItem>> {
    let AdminProductsQuery { q, category, active, limit, cursor } = query.0;
    let mut fields = Fields::default();
    let text = q.map(|q| fields.text("q", &q, MAX_TEXT_CHARS));
    fields.finish(|| Some(()))?;
    let (limit, cursor) = Page { limit, cursor }.parse()?;
    let after = cursor.map(|c| c.decode().ok_or_else(Page::bad_cursor)).transpose()?;
    let wanted = Wanted { text: text.flatten(), category, active, after };
    let mut sheets = catalog.sheets(&wanted, limit).await?;
    let more = sheets.len() > limit.get();
    sheets.truncate(limit.get());
    let next = sheets.last().filter(|_| more).map(|last| Cursor::encode(&last.draft.code));
    let items = sheets.into_iter().map(AdminProductItem::from).collect();
    Ok(Reply::ok(items).with(Meta::page(next.as_ref(), None)))
}

/// One product with all its prices and pictures. The `ETag` is what a change has to name.
#[utoipa::path(
    get, path = "/api/admin/products/{id}", tag = "administration", operation_id = "adminGetProduct",
    params(("id" = ProductId, Path)),
    responses((status = 200, body = Envelope<AdminProduct>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn get(
    _: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    id: Id<ProductId>,
) -> ApiResult<AdminProduct> {
    Ok(catalog.dossier(id.0).await?.reply())
}

/// Add a product. It is sold from now on, as soon as there is stock of it.
#[utoipa::path(
    post, path = "/api/admin/products", tag = "administration", operation_id = "createProduct",
    request_body = ProductSheet,
    responses((status = 201, body = Envelope<AdminProduct>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn create(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    body: Body<ProductSheet>,
) -> ApiResult<AdminProduct> {
    let dossier = catalog.create_product(staff.member.actor, body.value.try_into()?).await?;
    let version = dossier.sheet.version;
    Ok(Reply::created(AdminProduct::from(dossier)).of_version(version))
}

/// The product becomes what is sent. A price or rate that differs holds from now on, until that of today would have
/// ended. Nothing is deleted: what is not sold any more is not `active`.
#[utoipa::path(
    put, path = "/api/admin/products/{id}", tag = "administration", operation_id = "changeProduct",
    params(("id" = ProductId, Path), ("If-Match" = String, Header, description = "The `ETag` it was read with.")),
    request_body = ProductSheet,
    responses(
        (status = 200, body = Envelope<AdminProduct>),
        (status = 412, body = Failure, description = "`VERSION_OUTDATED {version}`"),
        (status = 428, body = Failure, description = "`IF_MATCH_REQUIRED`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn change(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    id: Id<ProductId>,
    expected: IfMatch,
    body: Body<ProductSheet>,
) -> ApiResult<AdminProduct> {
    let draft = body.value.try_into()?;
    Ok(catalog.change_product(staff.member.actor, (id.0, expected.0), draft).await?.reply())
}

/// Plan a price: an offer of a week, or what holds from the first of next month.
#[utoipa::path(
    put, path = "/api/admin/products/{id}/prices", tag = "administration", operation_id = "planPrice",
    params(("id" = ProductId, Path), ("If-Match" = String, Header, description = "The `ETag` it was read with.")),
    request_body = PlanPriceRequest,
    responses(
        (status = 200, body = Envelope<AdminProduct>),
        (status = 412, body = Failure, description = "`VERSION_OUTDATED {version}`"),
        (status = 428, body = Failure, description = "`IF_MATCH_REQUIRED`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn plan_price(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    id: Id<ProductId>,
    expected: IfMatch,
    body: Body<PlanPriceRequest>,
) -> ApiResult<AdminProduct> {
    let PlanPriceRequest { user_type, price, min_quantity, valid_from, valid_to } = body.value;
    let offer = (user_type, Offer { gross: price.map(Money::amount), min_quantity });
    let (actor, product) = (staff.member.actor, (id.0, expected.0));
    Ok(catalog.plan_price(actor, product, offer, (valid_from, valid_to)).await?.reply())
}

/// Plan a VAT rate.
#[utoipa::path(
    put, path = "/api/admin/products/{id}/vat-rates", tag = "administration", operation_id = "planVatRate",
    params(("id" = ProductId, Path), ("If-Match" = String, Header, description = "The `ETag` it was read with.")),
    request_body = PlanVatRateRequest,
    responses(
        (status = 200, body = Envelope<AdminProduct>),
        (status = 412, body = Failure, description = "`VERSION_OUTDATED {version}`"),
        (status = 428, body = Failure, description = "`IF_MATCH_REQUIRED`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn plan_rate(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    id: Id<ProductId>,
    expected: IfMatch,
    body: Body<PlanVatRateRequest>,
) -> ApiResult<AdminProduct> {
    let PlanVatRateRequest { vat_rate, valid_from, valid_to } = body.value;
    let mut fields = Fields::default();
    let rate = percent(&mut fields, Some(vat_rate));
    let rate = fields.finish(|| rate)?;
    let (actor, product) = (staff.member.actor, (id.0, expected.0));
    Ok(catalog.plan_rate(actor, product, rate, (valid_from, valid_to)).await?.reply())
}

fn percent(fields: &mut Fields, percent: Option<u16>) -> Option<VatRate> {
    let rate = VatRate::from_basis_points(i32::from(percent?) * 100);
    rate.map_err(|_| fields.refuse("vatRate", "INVALID")).ok()
}

impl Dossier {
    pub(crate) fn reply(self) -> Reply<AdminProduct> {
        let version = self.sheet.version;
        Reply::ok(AdminProduct::from(self)).of_version(version)
    }
}

impl TryFrom<ProductSheet> for Draft {
    type Error = ApiError;

    /// What it says is judged by the draft's own rules.
    fn try_from(sheet: ProductSheet) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        let vat = percent(&mut fields, sheet.vat_rate);
        fields.finish(|| Some(()))?;
        let trimmed = |text: String| text.trim().to_owned();
        let Translations { tr, en, pl } = sheet.translations;
        let texts = [(Language::Tr, tr), (Language::En, en), (Language::Pl, pl)];
        let texts = texts.into_iter().filter_map(|(language, texts)| {
            let TextsSheet { name, description, storage } = texts?;
            let texts =
                Texts { name: trimmed(name), description: trimmed(description), storage: trimmed(storage) };
            Some((language, texts))
        });
        let offer = |price: Option<PriceSheet>| match price {
            Some(PriceSheet { price, min_quantity }) => Offer { gross: Some(price.amount()), min_quantity },
            None => Offer::default(),
        };
        let Prices { individual, corporate } = sheet.prices;
        Ok(Self {
            code: trimmed(sheet.code),
            slug: sheet.slug.unwrap_or_default(),
            category: sheet.category,
            brand: trimmed(sheet.brand),
            size: trimmed(sheet.size),
            quantity_per_box: sheet.quantity_per_box,
            active: sheet.active,
            manufacturer: trimmed(sheet.manufacturer),
            origin_country: sheet.origin_country,
            badges: sheet.badges,
            allergens: sheet.allergens,
            nutrition: sheet.nutrition,
            texts: texts.collect(),
            offers: Offers { individual: offer(individual), corporate: offer(corporate) },
            vat,
        })
    }
}

impl From<Draft> for ProductSheet {
    fn from(draft: Draft) -> Self {
        let mut texts = draft.texts;
        let mut texts = |language| {
            texts.remove(&language).map(|Texts { name, description, storage }| TextsSheet {
                name,
                description,
                storage,
            })
        };
        let price = |Offer { gross, min_quantity }: Offer| {
            gross.map(|gross| PriceSheet { price: Money::grosz(gross), min_quantity })
        };
        Self {
            code: draft.code,
            slug: Some(draft.slug),
            category: draft.category,
            brand: draft.brand,
            size: draft.size,
            quantity_per_box: draft.quantity_per_box,
            active: draft.active,
            manufacturer: draft.manufacturer,
            origin_country: draft.origin_country,
            badges: draft.badges,
            allergens: draft.allergens,
            nutrition: draft.nutrition,
            translations: Translations {
                tr: texts(Language::Tr),
                en: texts(Language::En),
                pl: texts(Language::Pl),
            },
            prices: Prices {
                individual: price(draft.offers.individual),
                corporate: price(draft.offers.corporate),
            },
            vat_rate: draft.vat.map(VatRate::percent),
        }
    }
}

impl From<Sheet> for AdminProductItem {
    fn from(sheet: Sheet) -> Self {
        let Sheet { id, version, created_at, updated_at, draft } = sheet;
        Self { id, version, product: draft.into(), created_at, updated_at }
    }
}

impl From<Dossier> for AdminProduct {
    fn from(dossier: Dossier) -> Self {
        let Dossier { sheet, prices, rates, images } = dossier;
        let price = |(user_type, Period { value, from, to }): (UserType, Period<Offer>)| PricePeriod {
            user_type,
            price: Money::grosz(value.gross.unwrap_or_default()),
            min_quantity: value.min_quantity,
            valid_from: from,
            valid_to: to,
        };
        let rate = |Period { value, from, to }: Period<VatRate>| VatPeriod {
            vat_rate: value.percent(),
            valid_from: from,
            valid_to: to,
        };
        Self {
            item: sheet.into(),
            prices: prices.into_iter().map(price).collect(),
            vat_rates: rates.into_iter().map(rate).collect(),
            images: images.into_iter().map(AdminImage::from).collect(),
        }
    }
}
