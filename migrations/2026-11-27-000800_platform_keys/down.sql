drop function platform.forget_keys;
drop function platform.keep_answers;
