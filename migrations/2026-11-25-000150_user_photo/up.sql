-- Names of files that media keeps.
alter table users.users
    add column photo text check (photo <> ''),
    add column photo_thumbnail text check (photo_thumbnail <> ''),
    add constraint users_photo_whole check ((photo is null) = (photo_thumbnail is null));
