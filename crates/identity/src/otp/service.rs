//! Asking for a code, and proving to have received it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use contracts::identity::CodeRequested;
use db::{Db, Transact as _};
use kernel::{Clock, Language, Phone, UserType, id::ChallengeId, secret};

use super::{NewChallenge, OtpLimits, Pepper, store, wait};
use crate::{
    IdentityError, SessionService, TokenService,
    api::{SessionsApi as _, TokenPair},
    ports::{Account, Accounts},
    tokens::LIFE_SECONDS,
};

#[derive(Clone)]
pub struct OtpService {
    db: Db,
    clock: Arc<dyn Clock>,
    secrets: Arc<Secrets>,
    sessions: SessionService,
    tokens: TokenService,
    accounts: Arc<dyn Accounts>,
}

struct Secrets {
    pepper: Pepper,
    limits: OtpLimits,
}

/// A code is on its way.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) challenge: ChallengeId,
    pub(crate) expires_in_seconds: i64,
    pub(crate) resend_after_seconds: i64,
}

/// What a right code leads to.
#[derive(Debug)]
pub(crate) enum Proved {
    SignedIn { tokens: TokenPair, profile: serde_json::Value },
    RegistrationRequired { token: String, expires_in_seconds: u32 },
}

/// One attempt at a code.
#[derive(Debug)]
pub(crate) struct Guess {
    pub(crate) challenge: ChallengeId,
    pub(crate) phone: Phone,
    pub(crate) code: String,
}

impl OtpService {
    /// `sessions` and `tokens` are built before; they need no account.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        (pepper, limits): (Pepper, OtpLimits),
        (sessions, tokens): (SessionService, TokenService),
        accounts: Arc<dyn Accounts>,
    ) -> Self {
        Self { db, clock, secrets: Arc::new(Secrets { pepper, limits }), sessions, tokens, accounts }
    }

    /// Sends a code. Whether the number has an account is not looked at, so nothing can tell.
    pub(crate) async fn send(
        &self,
        phone: &Phone,
        user_type: UserType,
        language: Language,
    ) -> Result<Sent, IdentityError> {
        let Secrets { pepper, limits } = &*self.secrets;
        let country = limits.country_of(phone).ok_or(IdentityError::Country)?;
        let now = self.clock.now();
        let (id, code) = (ChallengeId::generate(now), secret::six_digits()?);
        let challenge = NewChallenge {
            id,
            phone,
            country,
            user_type,
            code_hmac: pepper.seal(id, phone, &code),
            created_at: now,
            expires_at: now + limits.lifetime,
        };
        let event = CodeRequested {
            challenge_id: id,
            phone: phone.as_str().to_owned(),
            code,
            language,
            expires_in_minutes: u32::try_from(limits.lifetime.num_minutes()).unwrap_or(1),
        };

        let mut conn = self.db.conn().await?;
        conn.transaction::<_, IdentityError, _>(async |tx| {
            let locked_until = store::lock_phone(tx, phone, now).await?;
            if let Some(until) = locked_until.filter(|until| *until > now) {
                return Err(IdentityError::Locked { wait: wait(now, until) });
            }
            let sends: Vec<_> = limits.send_limits().collect();
            let free_at = store::find_next_send(tx, phone, &sends).await?;
            if let Some(at) = free_at.filter(|at| *at > now) {
                return Err(IdentityError::SendLimit { wait: wait(now, at) });
            }
            store::insert_challenge(tx, &challenge).await?;
            bus::publish(tx, &event, now).await?;
            Ok(())
        })
        .await?;
        tracing::info!(challenge.id = %id, country, "challenge {id} was made");
        Ok(Sent {
            challenge: id,
            expires_in_seconds: limits.lifetime.num_seconds(),
            resend_after_seconds: limits.resend_after.num_seconds(),
        })
    }

    /// Four round trips to PostgreSQL: count, find the account, use up the code, open the session.
    pub(crate) async fn verify(&self, guess: &Guess) -> Result<Proved, IdentityError> {
        let now = self.clock.now();
        let user_type = self.evaluate(guess, now).await?;
        // Asked before the code is used up: when nobody answers, the same code still serves.
        let account = self.accounts.find(&guess.phone, user_type).await?;
        self.use_up(guess.challenge, now).await?;
        match account {
            Some(Account { user, profile }) => {
                let tokens = self.sessions.open(user, user_type).await?;
                Ok(Proved::SignedIn { tokens, profile })
            }
            None => Ok(Proved::RegistrationRequired {
                token: self.tokens.registration(&guess.phone, user_type, now)?,
                expires_in_seconds: LIFE_SECONDS,
            }),
        }
    }

    /// Of several right guesses at once, one gets through.
    async fn use_up(&self, challenge: ChallengeId, now: DateTime<Utc>) -> Result<(), IdentityError> {
        let mut conn = self.db.conn().await?;
        let used = store::consume(&mut conn, challenge, now).await?;
        if used { Ok(()) } else { Err(IdentityError::WrongCode) }
    }

    /// Counts the guess, for good, and only then compares it.
    async fn evaluate(&self, guess: &Guess, now: DateTime<Utc>) -> Result<UserType, IdentityError> {
        let Secrets { pepper, limits } = &*self.secrets;
        let mut conn = self.db.conn().await?;
        let Some(counted) = store::count_guess(&mut conn, guess, limits, now).await? else {
            let closed = store::find_closed(&mut conn, guess).await?;
            return Err(closed.map_or(IdentityError::WrongCode, |c| c.refusal(limits, now)));
        };
        if pepper.matches(&counted.code_hmac, guess.challenge, &guess.phone, &guess.code) {
            Ok(counted.user_type)
        } else {
            Err(IdentityError::WrongCode)
        }
    }
}
