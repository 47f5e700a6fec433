//! `/api/admin/auth/…` and `/api/admin/staff`

use actix_web::{HttpResponse, web::Data};
use chrono::{DateTime, Utc};
use http_kit::{
    ApiError, ApiResult, Body, Client, Envelope, Failure, Fields, Id, Permission, Public, Reply, Staff,
};
use kernel::{Email, ParseError, Role, id::StaffId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Changes, MAX_NAME_CHARS, Member, NewMember, Password, PasswordError, StaffService};
use crate::{
    SessionService,
    sessions::{
        EndReason,
        http::{RefreshRequest, TokensResponse},
    },
    tokens::Audience,
};

/// Whoever works here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorkHere;

impl Permission for WorkHere {
    const ROLES: &'static [Role] = &Role::ALL;
}

/// Who works here, and as what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ManageStaff;

impl Permission for ManageStaff {
    const ROLES: &'static [Role] = &[Role::Owner];
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LoginRequest {
    #[schema(format = Email)]
    email: String,
    password: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoginResponse {
    #[serde(flatten)]
    tokens: TokensResponse,
    staff: MemberResponse,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangePasswordRequest {
    current_password: String,
    #[schema(min_length = 12, max_length = 200)]
    new_password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HireRequest {
    #[schema(format = Email)]
    email: String,
    #[schema(max_length = 80)]
    name: String,
    role: Role,
    #[schema(min_length = 12, max_length = 200)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeStaffRequest {
    #[schema(max_length = 80)]
    name: Option<String>,
    role: Option<Role>,
    /// Who is not active cannot sign in.
    is_active: Option<bool>,
    #[schema(min_length = 12, max_length = 200)]
    password: Option<String>,
}

/// Somebody who works for the shop.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberResponse {
    id: StaffId,
    email: String,
    name: String,
    role: Role,
    is_active: bool,
    created_at: DateTime<Utc>,
}

/// Sign in with address and password.
#[utoipa::path(
    post, path = "/api/admin/auth/login", tag = "administration", operation_id = "adminLogin",
    request_body = LoginRequest,
    responses(
        (status = 200, body = Envelope<LoginResponse>),
        (status = 401, body = Failure, description = "`BAD_CREDENTIALS`"),
        (status = 429, body = Failure, description = "`LOGIN_LOCKED` after five wrong passwords, for 15 minutes."),
        (status = "4XX", body = Failure),
    ),
)]
pub(crate) async fn login(
    _: Public,
    staff: Data<StaffService>,
    client: Client,
    body: Body<LoginRequest>,
) -> ApiResult<LoginResponse> {
    let mut fields = Fields::default();
    let email = fields.take("email", body.value.email.parse());
    let email: Email = fields.finish(|| email)?;
    let given = (&email, body.value.password.as_str());
    let (member, tokens) = staff.sign_in(given, client.name.as_deref()).await?;
    Ok(Reply::ok(LoginResponse { tokens: tokens.into(), staff: member.into() }))
}

/// Trade a refresh token for a new pair.
#[utoipa::path(
    post, path = "/api/admin/auth/refresh", tag = "administration", operation_id = "adminRefresh",
    request_body = RefreshRequest,
    responses((status = 200, body = Envelope<TokensResponse>), (status = "4XX", body = Failure)),
)]
pub(crate) async fn refresh(
    _: Public,
    sessions: Data<SessionService>,
    body: Body<RefreshRequest>,
) -> ApiResult<TokensResponse> {
    let pair = sessions.refresh(&body.value.refresh_token, Audience::Staff).await?;
    Ok(Reply::ok(pair.into()))
}

/// End the session of this device.
#[utoipa::path(
    post, path = "/api/admin/auth/logout", tag = "administration", operation_id = "adminLogout",
    responses((status = 204, description = "The session has ended."), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn logout(
    staff: Staff<WorkHere>,
    sessions: Data<SessionService>,
) -> Result<HttpResponse, ApiError> {
    let member = staff.member;
    sessions.end((member.actor.staff.0, member.session), EndReason::Logout).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Change one's own password. Every other device is signed out.
#[utoipa::path(
    post, path = "/api/admin/auth/password", tag = "administration", operation_id = "adminChangePassword",
    request_body = ChangePasswordRequest,
    responses((status = 200, body = Envelope<TokensResponse>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn change_password(
    staff: Staff<WorkHere>,
    people: Data<StaffService>,
    client: Client,
    body: Body<ChangePasswordRequest>,
) -> ApiResult<TokensResponse> {
    let mut fields = Fields::default();
    let new = fields.take("newPassword", parse_password(&body.value.new_password));
    let new = fields.finish(|| new)?;
    let passwords = (body.value.current_password.as_str(), new);
    let pair = people.change_password(staff.member.actor, passwords, client.name.as_deref()).await?;
    Ok(Reply::ok(pair.into()))
}

/// Who is signed in.
#[utoipa::path(
    get, path = "/api/admin/auth/me", tag = "administration", operation_id = "adminMe",
    responses((status = 200, body = Envelope<MemberResponse>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn me(staff: Staff<WorkHere>, people: Data<StaffService>) -> ApiResult<MemberResponse> {
    Ok(Reply::ok(people.member(staff.member.actor.staff).await?.into()))
}

/// Who works for the shop, by name.
#[utoipa::path(
    get, path = "/api/admin/staff", tag = "administration", operation_id = "listStaff",
    responses((status = 200, body = Envelope<Vec<MemberResponse>>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn list_staff(
    _: Staff<ManageStaff>,
    people: Data<StaffService>,
) -> ApiResult<Vec<MemberResponse>> {
    Ok(Reply::ok(people.members().await?.into_iter().map(MemberResponse::from).collect()))
}

/// Give somebody an account.
#[utoipa::path(
    post, path = "/api/admin/staff", tag = "administration", operation_id = "hireStaff",
    request_body = HireRequest,
    responses(
        (status = 201, body = Envelope<MemberResponse>),
        (status = 409, body = Failure, description = "`EMAIL_TAKEN`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn hire(
    staff: Staff<ManageStaff>,
    people: Data<StaffService>,
    body: Body<HireRequest>,
) -> ApiResult<MemberResponse> {
    let new = body.value.parse()?;
    Ok(Reply::created(people.hire(staff.member.actor, new).await?.into()))
}

/// Change role, name, standing or password; what is not given stays. What they were signed in with ends.
#[utoipa::path(
    patch, path = "/api/admin/staff/{id}", tag = "administration", operation_id = "changeStaff",
    params(("id" = StaffId, Path, description = "Whose account.")), request_body = ChangeStaffRequest,
    responses(
        (status = 200, body = Envelope<MemberResponse>),
        (status = 409, body = Failure, description = "`LAST_OWNER`: somebody has to own the shop."),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn change_staff(
    staff: Staff<ManageStaff>,
    people: Data<StaffService>,
    id: Id<StaffId>,
    body: Body<ChangeStaffRequest>,
) -> ApiResult<MemberResponse> {
    let changes = body.value.parse()?;
    Ok(Reply::ok(people.change(staff.member.actor, id.0, changes).await?.into()))
}

fn parse_password(text: &str) -> Result<Password, ParseError> {
    Password::parse(text).map_err(|PasswordError| ParseError("PASSWORD"))
}

impl HireRequest {
    fn parse(&self) -> Result<NewMember, ApiError> {
        let mut fields = Fields::default();
        // Letters that change their number with their case would make an address that nobody can sign in with.
        let email = if self.email.is_ascii() { self.email.parse() } else { Err(ParseError("EMAIL")) };
        let email = fields.take("email", email);
        let name = fields.text("name", &self.name, MAX_NAME_CHARS);
        let password = fields.take("password", parse_password(&self.password));
        let role = self.role;
        fields.finish(|| Some(NewMember { email: email?, name: name?, role, password: password? }))
    }
}

impl ChangeStaffRequest {
    fn parse(&self) -> Result<Changes, ApiError> {
        let mut fields = Fields::default();
        let name = self.name.as_deref().and_then(|name| fields.text("name", name, MAX_NAME_CHARS));
        let password =
            self.password.as_deref().and_then(|text| fields.take("password", parse_password(text)));
        let (role, is_active) = (self.role, self.is_active);
        fields.finish(|| Some(Changes { name, role, is_active, password }))
    }
}

impl From<Member> for MemberResponse {
    fn from(member: Member) -> Self {
        Self {
            id: member.id,
            email: member.email.as_str().to_owned(),
            name: member.name,
            role: member.role,
            is_active: member.is_active,
            created_at: member.created_at,
        }
    }
}
