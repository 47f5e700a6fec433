//! Signing and judging tokens.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use kernel::{
    Clock, Phone, UserType,
    id::{SessionId, UserId},
    secret,
};
use uuid::Uuid;

use super::{
    API, AccessClaims, Claims, ISSUER, LIFE, REGISTRATION, RegistrationClaims, SigningKeys, StandardClaims,
};
use crate::{
    IdentityError,
    api::{Bearer, TokensApi},
};

/// What nobody needs for a token of ours is not even looked at.
pub(super) const MAX_TOKEN_BYTES: usize = 2048;
/// Nothing raises epochs yet.
const FIRST_EPOCH: u32 = 0;

#[derive(Clone)]
pub struct TokenService {
    clock: Arc<dyn Clock>,
    keys: SigningKeys,
    validation: Arc<Validation>,
}

impl TokenService {
    pub fn new(clock: Arc<dyn Clock>, keys: SigningKeys) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.required_spec_claims = HashSet::from(["exp", "iss", "aud"].map(str::to_owned));
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[API, REGISTRATION]);
        // The library reads the system's time; ours comes from the clock, in `StandardClaims::in_force`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { clock, keys, validation: Arc::new(validation) }
    }

    pub(crate) fn access(
        &self,
        user: UserId,
        session: SessionId,
        user_type: UserType,
        now: DateTime<Utc>,
    ) -> Result<String, IdentityError> {
        self.sign(&Claims::Access(AccessClaims {
            sub: user,
            sid: session,
            user_type,
            epoch: FIRST_EPOCH,
            standard: standard(API, now)?,
        }))
    }

    pub(crate) fn registration(
        &self,
        phone: &Phone,
        user_type: UserType,
        now: DateTime<Utc>,
    ) -> Result<String, IdentityError> {
        self.sign(&Claims::Registration(RegistrationClaims {
            phone: phone.as_str().to_owned(),
            user_type,
            standard: standard(REGISTRATION, now)?,
        }))
    }

    /// `(kid, x)` of every public key.
    pub(crate) fn public_keys(&self) -> impl Iterator<Item = (&str, &str)> {
        self.keys.keys.iter().map(|key| (key.kid.as_str(), key.public.as_str()))
    }

    fn sign(&self, claims: &Claims) -> Result<String, IdentityError> {
        use jsonwebtoken::errors::ErrorKind::InvalidKeyFormat;
        let key = self.keys.signing().ok_or(jsonwebtoken::errors::Error::from(InvalidKeyFormat))?;
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        Ok(encode(&header, claims, &key.signing)?)
    }
}

fn standard(audience: &str, now: DateTime<Utc>) -> Result<StandardClaims, IdentityError> {
    Ok(StandardClaims {
        jti: uuid::Builder::from_random_bytes(secret::bytes()?).into_uuid(),
        iss: ISSUER.to_owned(),
        aud: audience.to_owned(),
        iat: now.timestamp(),
        exp: (now + LIFE).timestamp(),
        nbf: None,
    })
}

impl TokensApi for TokenService {
    fn verify(&self, token: &str) -> Option<Bearer> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let header = decode_header(token).ok().filter(is_ours)?;
        let key = self.keys.find(header.kid.as_deref()?)?;
        let claims = decode::<Claims>(token, &key.verifying, &self.validation).ok()?.claims;
        let now = self.clock.now().timestamp();
        match claims {
            Claims::Access(c) if c.standard.aud == API && c.standard.in_force(now) => {
                Some(Bearer::Customer { user: c.sub, session: c.sid, user_type: c.user_type })
            }
            Claims::Registration(c) if c.standard.aud == REGISTRATION && c.standard.in_force(now) => {
                registrant(&c.phone, c.user_type, c.standard.jti)
            }
            _ => None,
        }
    }
}

/// Our headers say algorithm, type and `kid`; one that brings a key along, or points at one, is somebody else's.
fn is_ours(header: &Header) -> bool {
    let Header { alg, typ, kid, cty: None, jku: None, jwk: None, x5u: None, x5c: None, crit: None, .. } =
        header
    else {
        return false;
    };
    *alg == Algorithm::EdDSA && typ.as_deref() == Some("JWT") && kid.is_some()
}

fn registrant(phone: &str, user_type: UserType, token_id: Uuid) -> Option<Bearer> {
    Some(Bearer::Registrant { token_id, phone: phone.parse().ok()?, user_type })
}
