//! Signing and judging tokens.

use std::{collections::HashSet, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use kernel::{
    Clock, Phone, UserType,
    id::{SessionId, UserId},
    secret,
};
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::{
    ADMIN, API, AccessClaims, AdminClaims, Claims, ISSUER, LIFE, LIFE_SECONDS, REGISTRATION,
    RegistrationClaims, SigningKeys, StandardClaims, Subject,
};
use crate::{
    IdentityError,
    api::{Bearer, Judgement, TokensApi},
    sessions::{Revocations, Standing},
};

/// What nobody needs for a token of ours is not even looked at.
pub(super) const MAX_TOKEN_BYTES: usize = 2048;
/// Tokens whose claims are kept; of a few hundred bytes each.
const KNOWN_TOKENS: u64 = 10_000;

#[derive(Clone)]
pub struct TokenService {
    clock: Arc<dyn Clock>,
    keys: SigningKeys,
    validation: Arc<Validation>,
    revocations: Arc<Revocations>,
    /// What was found good, by the token's hash: comparing a signature takes longer than anything else a read does.
    known: Cache<[u8; 32], Arc<Claims>>,
}

impl TokenService {
    pub fn new(clock: Arc<dyn Clock>, keys: SigningKeys) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.required_spec_claims = HashSet::from(["exp", "iss", "aud"].map(str::to_owned));
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[API, REGISTRATION, ADMIN]);
        // The library reads the system's time; ours comes from the clock, in `StandardClaims::in_force`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let known = Cache::builder()
            .max_capacity(KNOWN_TOKENS)
            .time_to_live(Duration::from_secs(LIFE_SECONDS.into()))
            .build();
        Self { clock, keys, validation: Arc::new(validation), revocations: Arc::default(), known }
    }

    pub(crate) fn revocations(&self) -> &Arc<Revocations> {
        &self.revocations
    }

    pub(crate) fn access(
        &self,
        subject: Subject,
        (sid, epoch): (SessionId, i32),
        now: DateTime<Utc>,
    ) -> Result<String, IdentityError> {
        self.sign(&match subject {
            Subject::Customer(sub, user_type) => {
                Claims::Access(AccessClaims { sub, sid, user_type, epoch, standard: standard(API, now)? })
            }
            Subject::Staff(sub, role) => {
                Claims::Admin(AdminClaims { sub, sid, role, epoch, standard: standard(ADMIN, now)? })
            }
        })
    }

    pub(crate) fn registration(
        &self,
        phone: &Phone,
        user_type: UserType,
        now: DateTime<Utc>,
    ) -> Result<String, IdentityError> {
        self.sign(&Claims::Registration(RegistrationClaims {
            sub: UserId::generate(now),
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
    fn judge(&self, token: &str) -> Judgement {
        let Some(claims) = self.verify(token) else { return Judgement::Refused };
        let standing = match &*claims {
            Claims::Access(c) => self.revocations.standing(c.sub.0, c.sid, c.epoch),
            Claims::Admin(c) => self.revocations.standing(c.sub.0, c.sid, c.epoch),
            // It opens no session that could have ended.
            Claims::Registration(_) => Standing::Holds,
        };
        match (standing, bearer(&claims)) {
            (Standing::Holds, Some(bearer)) => Judgement::Good(bearer),
            (Standing::Unknown, Some(_)) => Judgement::Unknown,
            _ => Judgement::Refused,
        }
    }
}

impl TokenService {
    /// The claims of a token that is ours, serves the audience of its kind, and is in force.
    fn verify(&self, token: &str) -> Option<Arc<Claims>> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let hash: [u8; 32] = Sha256::digest(token).into();
        let claims = if let Some(claims) = self.known.get(&hash) {
            claims
        } else {
            let claims = Arc::new(self.read(token)?);
            self.known.insert(hash, claims.clone());
            claims
        };
        claims.standard().in_force(self.clock.now().timestamp()).then_some(claims)
    }

    /// The claims of a token that is ours and serves the audience of its kind; it may have expired.
    fn read(&self, token: &str) -> Option<Claims> {
        let header = decode_header(token).ok().filter(is_ours)?;
        let key = self.keys.find(header.kid.as_deref()?)?;
        let claims = decode::<Claims>(token, &key.verifying, &self.validation).ok()?.claims;
        (claims.standard().aud == claims.audience()).then_some(claims)
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

fn bearer(claims: &Claims) -> Option<Bearer> {
    Some(match claims {
        Claims::Access(c) => Bearer::Customer { user: c.sub, session: c.sid, user_type: c.user_type },
        Claims::Admin(c) => Bearer::Staff { staff: c.sub, session: c.sid, role: c.role },
        Claims::Registration(c) => {
            Bearer::Registrant { user: c.sub, phone: c.phone.parse().ok()?, user_type: c.user_type }
        }
    })
}
