//! The photo of a user, against a real PostgreSQL.

use std::path::PathBuf;

use futures_util::future::join_all;
use kernel::{Clock as _, id::UserId};
use media::{Location, Media, Picture, Storage};
use testkit::pictures;

use crate::{
    UserError,
    testing::{OTHER_PHONE, PHONE, Shop},
};

/// A shop with a store of files of its own.
struct Studio {
    shop: Shop,
    media: Media,
    dir: PathBuf,
}

impl Studio {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let dir = std::env::temp_dir().join(testkit::unique("photos"));
        let storage = Storage::open(&Location::Directory(dir.clone())).unwrap();
        let media = Media::new(shop.db.db(), shop.clock.clone(), storage).unwrap();
        Self { shop, media, dir }
    }

    /// Uploaded, and nobody's yet.
    async fn picture(&self) -> Picture {
        let upload = self.media.upload("image/jpeg", pictures::jpeg(8, 8)).await.unwrap();
        self.media.develop(upload).await.unwrap()
    }

    async fn photo_of(&self, user: UserId) -> Option<Picture> {
        self.shop.users.profile(user).await.unwrap().photo
    }

    async fn files(&self, state: &str) -> i64 {
        self.shop.count(&format!("media.files where state = '{state}'")).await
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

#[tokio::test]
async fn a_photo_is_shown_replaced_and_removed() {
    let studio = Studio::open().await;
    let users = &studio.shop.users;
    let (user, other) = (studio.shop.registered(PHONE).await, studio.shop.registered(OTHER_PHONE).await);
    for _ in 0..2 {
        let picture = studio.picture().await;
        users.put_photo(user, &picture).await.unwrap();
        assert_eq!(studio.photo_of(user).await, Some(picture));
    }
    assert_eq!((studio.files("kept").await, studio.files("discarded").await), (2, 2));
    assert_eq!(studio.photo_of(other).await, None);
    for _ in 0..2 {
        users.remove_photo(user).await.unwrap();
        assert_eq!(studio.photo_of(user).await, None);
    }
    assert_eq!((studio.files("kept").await, studio.files("discarded").await), (0, 4));
}

#[tokio::test]
async fn a_picture_that_is_not_pending_becomes_nobodys_photo() {
    let studio = Studio::open().await;
    let user = studio.shop.registered(PHONE).await;
    let (kept, own) = (studio.picture().await, studio.picture().await);
    studio.shop.users.put_photo(user, &own).await.unwrap();
    studio.shop.db.exec("update media.files set state = 'discarded' where state = 'pending'").await;
    assert!(studio.shop.users.put_photo(user, &kept).await.is_err());
    assert_eq!(studio.photo_of(user).await, Some(own));
    assert_eq!(studio.files("kept").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_photos_at_once_one_stays_and_the_others_are_discarded() {
    let studio = Studio::open().await;
    let user = studio.shop.registered(PHONE).await;
    let mut many = Vec::new();
    for _ in 0..6 {
        many.push(studio.picture().await);
    }
    let put = many.iter().map(|picture| studio.shop.users.put_photo(user, picture));
    assert!(join_all(put).await.into_iter().all(|done| done.is_ok()));
    assert!(many.contains(&studio.photo_of(user).await.unwrap()));
    assert_eq!((studio.files("kept").await, studio.files("discarded").await), (2, 10));
}

#[tokio::test]
async fn somebody_who_is_not_there_has_no_photo() {
    let studio = Studio::open().await;
    let nobody = UserId::generate(studio.shop.clock.now());
    let picture = studio.picture().await;
    let put = studio.shop.users.put_photo(nobody, &picture).await;
    assert!(matches!(put, Err(UserError::NotFound)));
    assert!(matches!(studio.shop.users.remove_photo(nobody).await, Err(UserError::NotFound)));
    assert_eq!(studio.files("pending").await, 2);
}
