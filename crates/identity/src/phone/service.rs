//! Asking for the two codes, and taking them.

use chrono::{DateTime, Utc};
use db::Transact as _;
use kernel::{
    Language, Phone, UserType,
    id::{ChallengeId, UserId},
};

use super::{Answers, SentCodes};
use crate::{
    IdentityError, OtpService,
    api::{Purpose, SessionsApi as _, TokenPair},
    otp::{Guess, Wanted, store},
    sessions::{EndReason, store as sessions},
};

impl OtpService {
    /// Whether the new number has an account already is not told: whoever asks has not proved to hold it.
    pub(crate) async fn ask_to_change_phone(
        &self,
        (user, user_type): (UserId, UserType),
        to: &Phone,
        (language, network): (Language, &str),
    ) -> Result<SentCodes, IdentityError> {
        let from = self.phone_of(user).await?;
        if from == *to {
            return Err(IdentityError::SamePhone);
        }
        let wanted =
            |phone, purpose| Wanted { phone, purpose, user: Some(user), user_type, language, network };
        let both = [wanted(&from, Purpose::ChangePhoneFrom), wanted(to, Purpose::ChangePhoneTo)];
        let sent = self.send(&both).await?;
        let [old, new] = sent.try_into().map_err(|_| IdentityError::WrongCode)?;
        Ok(SentCodes { old, new })
    }

    /// Changes the number and signs everybody out but whoever asked.
    ///
    /// Sessions end before the number changes: a crash in between leaves the old number and a signed-out owner. They end
    /// once more after it, with whatever was opened by the old number in between.
    pub(crate) async fn change_phone(
        &self,
        (user, user_type): (UserId, UserType),
        answers: Answers,
        device: Option<&str>,
    ) -> Result<TokenPair, IdentityError> {
        let now = self.clock.now();
        let from = self.phone_of(user).await?;
        let to = self.new_phone(user, answers.new.0).await?.ok_or(IdentityError::WrongCode)?;
        for ((challenge, code), phone, purpose) in
            [(&answers.old, &from, Purpose::ChangePhoneFrom), (&answers.new, &to, Purpose::ChangePhoneTo)]
        {
            let guess = Guess { challenge: *challenge, phone: phone.clone(), code: code.clone() };
            self.evaluate(&guess, (purpose, Some(user)), now).await?;
        }
        if self.accounts.is_taken(&to, user_type).await? {
            return Err(IdentityError::PhoneTaken);
        }
        self.use_up_and_sign_out(user, &answers, now).await?;
        if !self.accounts.change_phone(user, &to).await? {
            return Err(IdentityError::PhoneTaken);
        }
        self.part_from_phone(user, &from, now).await?;
        tracing::info!(user.id = %user, "user {user} changed the phone number");
        self.sessions.open(user, user_type, device).await
    }

    async fn use_up_and_sign_out(
        &self,
        user: UserId,
        answers: &Answers,
        now: DateTime<Utc>,
    ) -> Result<(), IdentityError> {
        let mut conn = self.db.conn().await?;
        let ended = conn
            .transaction::<_, IdentityError, _>(async |tx| {
                for challenge in [answers.old.0, answers.new.0] {
                    if !store::consume(tx, challenge, now).await? {
                        return Err(IdentityError::WrongCode);
                    }
                }
                Ok(sessions::end_all(tx, user.0, EndReason::Ended, now).await?)
            })
            .await?;
        self.sessions.revocations().note_epoch(user.0, ended, now);
        Ok(())
    }

    /// The number is no longer the user's: who proved to hold it, and has not signed in yet, will not.
    async fn part_from_phone(
        &self,
        user: UserId,
        phone: &Phone,
        now: DateTime<Utc>,
    ) -> Result<(), IdentityError> {
        let mut conn = self.db.conn().await?;
        let ended = conn
            .transaction::<_, IdentityError, _>(async |tx| {
                store::raise_phone_epoch(tx, phone).await?;
                Ok(sessions::end_all(tx, user.0, EndReason::Ended, now).await?)
            })
            .await?;
        self.sessions.revocations().note_epoch(user.0, ended, now);
        Ok(())
    }

    async fn phone_of(&self, user: UserId) -> Result<Phone, IdentityError> {
        self.accounts.phone_of(user).await?.ok_or(IdentityError::NotFound)
    }

    async fn new_phone(&self, user: UserId, challenge: ChallengeId) -> Result<Option<Phone>, IdentityError> {
        let mut conn = self.db.conn().await?;
        Ok(store::find_phone(&mut conn, challenge, (Purpose::ChangePhoneTo, user)).await?)
    }
}
