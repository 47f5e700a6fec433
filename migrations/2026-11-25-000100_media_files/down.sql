drop schema media cascade;
