//! The photo of a user's row.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{prelude::*, result::Error::DeserializationError};
use diesel_async::RunQueryDsl;
use kernel::id::UserId;
use media::{FileName, Picture};

use crate::schema::users;

/// Locks the user's row until the transaction ends; `None` when there is no such user.
pub(crate) async fn lock_photo(tx: &mut Tx, user: UserId) -> QueryResult<Option<Option<Picture>>> {
    let row: Option<(Option<String>, Option<String>)> = users::table
        .find(user)
        .select((users::photo, users::photo_thumbnail))
        .for_no_key_update()
        .first(tx)
        .await
        .optional()?;
    row.map(|(main, thumbnail)| picture(main, thumbnail)).transpose()
}

pub(crate) async fn put_photo(
    tx: &mut Tx,
    user: UserId,
    picture: Option<&Picture>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(users::table.find(user))
        .set((
            users::photo.eq(picture.map(|p| p.main.as_str())),
            users::photo_thumbnail.eq(picture.map(|p| p.thumbnail.as_str())),
            users::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Of the two columns.
pub(crate) fn picture(main: Option<String>, thumbnail: Option<String>) -> QueryResult<Option<Picture>> {
    let name = |text: String| text.parse::<FileName>().map_err(|e| DeserializationError(Box::new(e)));
    main.zip(thumbnail)
        .map(|(main, thumbnail)| Ok(Picture { main: name(main)?, thumbnail: name(thumbnail)? }))
        .transpose()
}
