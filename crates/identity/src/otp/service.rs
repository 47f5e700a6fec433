//! Asking for a code, and proving to have received it.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use contracts::identity::CodeRequested;
use db::{Db, Transact as _, Tx};
use kernel::{
    Clock, Language, Phone, UserType,
    id::{ChallengeId, UserId},
    secret,
};

use super::{CountedGuess, Guess, NewChallenge, OtpLimits, Pepper, Purpose, Wanted, store, wait};
use crate::{
    IdentityError, SessionService, TokenService,
    api::{CodeRequest, CodesApi, SentCode, TokenPair},
    ports::{Account, Accounts},
    sessions::Basis,
    tokens::{LIFE_SECONDS, Subject},
};

#[derive(Clone)]
pub struct OtpService {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    secrets: Arc<Secrets>,
    pub(crate) sessions: SessionService,
    tokens: TokenService,
    pub(crate) accounts: Arc<dyn Accounts>,
}

struct Secrets {
    pepper: Pepper,
    limits: OtpLimits,
}

/// What a right code leads to.
#[derive(Debug)]
pub(crate) enum Proved {
    SignedIn { user: UserId, user_type: UserType, tokens: TokenPair, profile: serde_json::Value },
    RegistrationRequired { token: String, expires_in_seconds: u32 },
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

    pub(crate) async fn send_to_sign_in(
        &self,
        phone: &Phone,
        user_type: UserType,
        (language, network): (Language, &str),
    ) -> Result<SentCode, IdentityError> {
        let purpose = Purpose::SignIn;
        self.send_single(Wanted { phone, purpose, user: None, user_type, language, network }).await
    }

    async fn send_single(&self, wanted: Wanted<'_>) -> Result<SentCode, IdentityError> {
        let sent = self.send(&[wanted]).await?;
        sent.first().copied().ok_or(IdentityError::WrongCode)
    }

    /// Sends codes, all or none. Whether a number has an account is not looked at, so nothing can tell.
    pub(crate) async fn send(&self, wanted: &[Wanted<'_>]) -> Result<Vec<SentCode>, IdentityError> {
        let now = self.clock.now();
        // Rows are locked in one order, whoever asks: two who trade their numbers do not wait for each other.
        let mut phones: Vec<&Phone> = wanted.iter().map(|one| one.phone).collect();
        phones.sort_unstable_by_key(|phone| phone.as_str());
        let mut conn = self.db.conn().await?;
        // A country's pause has to be committed as well, so its refusal leaves the transaction as a value.
        conn.transaction::<_, IdentityError, _>(async |tx| {
            for phone in phones {
                let locked_until = store::lock_phone(tx, phone, now).await?;
                if let Some(until) = locked_until.filter(|until| *until > now) {
                    return Err(IdentityError::Locked { wait: wait(now, until) });
                }
            }
            store::lock_counts(tx, wanted).await?;
            let mut sent = Vec::with_capacity(wanted.len());
            for one in wanted {
                match self.send_one(tx, one, now).await? {
                    Ok(code) => sent.push(code),
                    Err(paused) => return Ok(Err(paused)),
                }
            }
            Ok(Ok(sent))
        })
        .await?
    }

    /// The inner refusal is one that is to be committed.
    async fn send_one(
        &self,
        tx: &mut Tx,
        wanted: &Wanted<'_>,
        now: DateTime<Utc>,
    ) -> Result<Result<SentCode, IdentityError>, IdentityError> {
        let Secrets { pepper, limits } = &*self.secrets;
        let country = limits.country_of(wanted.phone).ok_or(IdentityError::Country)?;
        let series = store::find_series(tx, wanted.phone, now).await?;
        let resend_at = series.last_at.map(|at| at + limits.wait_after(series.sent));
        let sends: Vec<_> = limits.send_limits().collect();
        let free_at = store::find_next_send(tx, wanted, &sends).await?.max(resend_at);
        if let Some(at) = free_at.filter(|at| *at > now) {
            return Err(IdentityError::SendLimit { wait: wait(now, at) });
        }
        if let Some(until) = self.find_pause(tx, country, now).await? {
            return Ok(Err(IdentityError::SendLimit { wait: wait(now, until) }));
        }
        let id = ChallengeId::generate(now);
        let right = Guess { challenge: id, phone: wanted.phone.clone(), code: secret::six_digits()? };
        let code_hmac = pepper.seal(wanted.purpose, &right);
        let expires_at = now + limits.lifetime;
        let challenge = NewChallenge { id, wanted, country, code_hmac, created_at: now, expires_at };
        store::insert_challenge(tx, &challenge).await?;
        let event = CodeRequested {
            challenge_id: id,
            phone: wanted.phone.as_str().to_owned(),
            code: right.code,
            language: wanted.language,
            expires_in_minutes: u32::try_from(limits.lifetime.num_minutes()).unwrap_or(1),
        };
        bus::publish(tx, &event, now).await?;
        let purpose = wanted.purpose.as_str();
        tracing::info!(challenge.id = %id, country, purpose, "challenge {id} was made");
        Ok(Ok(SentCode {
            challenge: id,
            expires_in_seconds: limits.lifetime.num_seconds(),
            resend_after_seconds: limits.wait_after(series.sent + 1).num_seconds(),
        }))
    }

    /// Until when the country is paused, be it from now on. Load tests use no codes and are not judged.
    async fn find_pause(
        &self,
        tx: &mut Tx,
        country: &'static str,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, IdentityError> {
        let limits = &self.secrets.limits;
        if limits.factor != 1 {
            return Ok(None);
        }
        if let Some(until) = store::find_pause(tx, country).await?.filter(|until| *until > now) {
            return Ok(Some(until));
        }
        let until = store::pause_unused(tx, country, (&limits.watch, limits.lifetime), now).await?;
        if let Some(until) = until {
            metrics::counter!("otp_countries_paused_total", "country" => country).increment(1);
            tracing::error!(country, %until, "codes to {country} are hardly used: none is sent there for a while");
        }
        Ok(until)
    }

    /// Four round trips to PostgreSQL: count, find the account, use up the code, open the session.
    pub(crate) async fn verify(&self, guess: &Guess, device: Option<&str>) -> Result<Proved, IdentityError> {
        let now = self.clock.now();
        let CountedGuess { user_type, phone_epoch, .. } =
            self.evaluate(guess, (Purpose::SignIn, None), now).await?;
        // Asked before the code is used up: when nobody answers, the same code still serves.
        let account = self.accounts.sign_in(&guess.phone, user_type).await?;
        self.use_up(guess.challenge, now).await?;
        match account {
            Some(Account { user, profile }) => {
                // The number may have become somebody else's, or nobody's, since it was proved.
                let unmoved = Basis::Phone(&guess.phone, phone_epoch);
                let tokens =
                    self.sessions.open_for(Subject::Customer(user, user_type), unmoved, device).await?;
                let tokens = tokens.ok_or(IdentityError::WrongCode)?;
                Ok(Proved::SignedIn { user, user_type, tokens, profile })
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
    pub(crate) async fn evaluate(
        &self,
        guess: &Guess,
        asked: (Purpose, Option<UserId>),
        now: DateTime<Utc>,
    ) -> Result<CountedGuess, IdentityError> {
        let Secrets { pepper, limits } = &*self.secrets;
        let mut conn = self.db.conn().await?;
        let Some(counted) = store::count_guess(&mut conn, guess, asked, limits, now).await? else {
            let closed = store::find_closed(&mut conn, guess, asked).await?;
            return Err(closed.map_or(IdentityError::WrongCode, |c| c.refusal(limits, now)));
        };
        if pepper.matches(&counted.code_hmac, asked.0, guess) {
            Ok(counted)
        } else {
            Err(IdentityError::WrongCode)
        }
    }
}

#[async_trait]
impl CodesApi for OtpService {
    async fn send(&self, request: &CodeRequest<'_>) -> Result<SentCode, IdentityError> {
        let wanted = Wanted {
            phone: request.phone,
            purpose: request.purpose,
            user: Some(request.user),
            user_type: request.user_type,
            language: request.language,
            network: request.network,
        };
        self.send_single(wanted).await
    }

    async fn prove(
        &self,
        (purpose, user): (Purpose, UserId),
        phone: &Phone,
        challenge: ChallengeId,
        code: &str,
    ) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let guess = Guess { challenge, phone: phone.clone(), code: code.to_owned() };
        self.evaluate(&guess, (purpose, Some(user)), now).await?;
        self.use_up(challenge, now).await
    }
}
