//! What notification does when others' events arrive.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};
use contracts::identity::CodeRequested;
use kernel::Phone;

use crate::{
    ports::{Delivery, SmsError, SmsSender},
    sms,
};

/// Sends a one-time code to the phone that it was asked for.
#[derive(Clone)]
pub struct SendCode {
    sender: Arc<dyn SmsSender>,
}

impl SendCode {
    pub fn new(sender: Arc<dyn SmsSender>) -> Self {
        Self { sender }
    }
}

impl Job for SendCode {
    const NAME: &'static str = "notification.send_code";
    const QUEUE: Queue = Queue::Effects;
    type Payload = CodeRequested;
}

#[async_trait]
impl Effect for SendCode {
    async fn perform(&self, context: JobContext, requested: CodeRequested) -> Result<(), JobError> {
        let (job, challenge) = (context.job, requested.challenge_id);
        if sms::has_expired(&requested, context.now) {
            tracing::warn!(job.id = %job, challenge.id = %challenge, "code {challenge} expired before it was sent");
            return Ok(());
        }
        let to: Phone = requested.phone.parse().map_err(|_| failed("the event's phone number is none"))?;
        let text = sms::code_text(&requested).ok_or_else(|| failed("there is no text for codes"))?;
        let delivery = Delivery { key: job, attempt: context.attempt };
        match self.sender.send(&to, &text, delivery).await {
            Ok(()) => Ok(()),
            // Asking again would be refused again; the customer sees that nothing comes and checks the number.
            Err(e @ SmsError::Refused { .. }) => {
                tracing::warn!(job.id = %job, challenge.id = %challenge, error = %e, "code {challenge} was refused");
                Ok(())
            }
            // A person has to act, and soon: nobody can sign in. Once that is done, the texts still waiting go out.
            Err(e @ SmsError::Misconfigured { .. }) => {
                tracing::error!(job.id = %job, challenge.id = %challenge, error = %e, "code {challenge} cannot be sent");
                Err(JobError::Failed(e.to_string()))
            }
            Err(e @ SmsError::Unavailable(_)) => Err(JobError::Failed(e.to_string())),
        }
    }
}

fn failed(reason: &str) -> JobError {
    JobError::Failed(reason.to_owned())
}
