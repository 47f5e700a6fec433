//! Statements that each connection prepares once, although Diesel would prepare them anew every time.

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

/// A statement kept prepared under its text; made by [`cached`].
#[derive(Debug, Clone, Copy)]
pub struct Cached<T>(T);

/// Has `statement` prepared once for each connection, known by its text and the types of its values.
///
/// Diesel keeps no UPDATE, upsert, batch or literal SQL, because some of them have a text of their own each time and
/// would fill the cache. So this is for statements that come in a handful of texts: values go in as binds, lists as
/// arrays, never as a list of placeholders.
pub const fn cached<T>(statement: T) -> Cached<T> {
    Cached(statement)
}

impl<T: QueryFragment<Pg>> QueryFragment<Pg> for Cached<T> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Not by its type: the same type may have several texts.
impl<T> QueryId for Cached<T> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T: Query> Query for Cached<T> {
    type SqlType = T::SqlType;
}
