//! http-kit → db: where answers under an `Idempotency-Key` are kept.

use std::sync::Arc;

use async_trait::async_trait;
use db::{
    DbError,
    idempotency::{self, Keys},
};
use http_kit::{Answers, Claimed, Given, KeyedRequest, Turn, WORK_AT_MOST};
use kernel::{Clock, DomainError, ErrorKind, PortError, id::EventId};
use sha2::{Digest as _, Sha256};

/// Whoever takes a key over must not meet somebody who is still at it.
const _: () = assert!(WORK_AT_MOST.as_secs() < idempotency::LEASE.num_seconds().unsigned_abs());

pub(crate) struct AnswersInDb {
    pub(crate) keys: Keys,
    pub(crate) clock: Arc<dyn Clock>,
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct KeptAnswers(DbError);

impl DomainError for KeptAnswers {
    fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    fn code(&self) -> &'static str {
        "INTERNAL"
    }
}

fn port(e: DbError) -> PortError {
    PortError::new("answers", KeptAnswers(e))
}

#[async_trait]
impl Answers for AnswersInDb {
    async fn claim(&self, request: &KeyedRequest) -> Result<Claimed, PortError> {
        let (now, hash) = (self.clock.now(), Sha256::digest(&request.body));
        let fresh = EventId::generate(now).0;
        let claimed = self.keys.claim(keyed(request, &hash), fresh, now).await.map_err(port)?;
        Ok(match claimed {
            idempotency::Claim::Fresh(id) => Claimed::Work(Turn::First(id)),
            idempotency::Claim::TakenOver(id) => Claimed::Work(Turn::Again(id)),
            idempotency::Claim::Done { status, body } => Claimed::Done(Given { status, body }),
            idempotency::Claim::Running => Claimed::Running,
            idempotency::Claim::Reused => Claimed::Reused,
        })
    }

    async fn is_known(&self, request: &KeyedRequest) -> Result<bool, PortError> {
        self.keys.is_known(keyed(request, &[])).await.map_err(port)
    }

    async fn keep(&self, request: &KeyedRequest, answer: &Given) -> Result<Option<Given>, PortError> {
        let answer = (answer.status, answer.body.as_str());
        let earlier = self.keys.complete(keyed(request, &[]), answer).await.map_err(port)?;
        Ok(earlier.map(|(status, body)| Given { status, body }))
    }

    async fn forget(&self, request: &KeyedRequest) -> Result<(), PortError> {
        self.keys.release(keyed(request, &[])).await.map_err(port)
    }

    async fn reopen(&self, request: &KeyedRequest) -> Result<(), PortError> {
        self.keys.reopen(keyed(request, &[])).await.map_err(port)
    }
}

fn keyed<'a>(request: &'a KeyedRequest, hash: &'a [u8]) -> idempotency::Request<'a> {
    idempotency::Request { scope: &request.scope, key: &request.key, hash }
}
