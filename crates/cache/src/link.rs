//! What a connection is: to one Redis, or to all masters of a cluster.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bb8::ManageConnection;
use bb8_redis::RedisConnectionManager;
use redis::{
    Cmd, Pipeline, RedisError, RedisFuture, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::{ClusterClient, ClusterClientBuilder},
    cluster_async::ClusterConnection,
};

#[derive(Clone)]
pub(crate) enum Link {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(conn) => conn.req_packed_command(cmd),
            Self::Cluster(conn) => conn.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(conn) => conn.req_packed_commands(pipeline, offset, count),
            Self::Cluster(conn) => conn.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(conn) => conn.get_db(),
            Self::Cluster(conn) => conn.get_db(),
        }
    }
}

#[derive(Clone)]
pub(crate) enum Manager {
    One(RedisConnectionManager),
    Cluster(Box<ClusterClient>),
}

impl Manager {
    pub(crate) fn new(url: &str, timeout: Duration) -> Result<Self, RedisError> {
        let nodes: Vec<&str> = url.split(',').collect();
        if let [only] = nodes.as_slice() {
            return Ok(Self::One(RedisConnectionManager::new(*only)?));
        }
        // Shorter than the caller's patience: a node that is away must not cost the connections to the others.
        let patience = timeout.mul_f32(0.8);
        let client = ClusterClientBuilder::new(nodes)
            .connection_timeout(patience)
            .response_timeout(patience)
            .retries(1);
        Ok(Self::Cluster(Box::new(client.build()?)))
    }
}

/// A link that many use at once: what they ask at the same moment goes out together.
pub(crate) struct Connection {
    pub(crate) inner: Link,
    /// Somebody found that nothing comes back on it; bb8-redis' manager never calls one broken.
    pub(crate) broken: Arc<AtomicBool>,
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = RedisError;

    async fn connect(&self) -> Result<Connection, RedisError> {
        let inner = match self {
            Self::One(manager) => Link::One(manager.connect().await?),
            Self::Cluster(client) => Link::Cluster(client.get_async_connection().await?),
        };
        Ok(Connection { inner, broken: Arc::default() })
    }

    async fn is_valid(&self, conn: &mut Connection) -> Result<(), RedisError> {
        redis::cmd("PING").query_async::<String>(&mut conn.inner).await.map(|_| ())
    }

    fn has_broken(&self, conn: &mut Connection) -> bool {
        conn.broken.load(Ordering::Relaxed)
    }
}
