alter table users.users
    drop constraint users_photo_whole,
    drop column photo_thumbnail,
    drop column photo;
