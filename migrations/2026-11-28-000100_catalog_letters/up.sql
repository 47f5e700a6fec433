-- What each word of a question may stand for: words that begin with it, the shortest first; if there are none, those
-- that look like it; products whose code begins with it. `likeness` is 1 for the very word. Eight words are looked at;
-- one that stands for nothing is told with neither word nor product. A single letter stands for itself, unless the
-- question ends with it: then somebody may be about to type on.
create or replace function catalog.meanings(p_question text)
returns table (place int, word text, product_id uuid, likeness real) language sql stable as $$
    with asked as (
        select a.place::int, a.word,
               -- A space comes before whatever a word can go on with.
               a.word || case when length(a.word) = 1 and a.place < max(a.place) over () + closed::int
                              then ' ' else U&'\+10FFFF' end as beyond
        from regexp_split_to_table(catalog.words(p_question), ' ') with ordinality a (word, place)
        cross join lateral (values (catalog.fold(p_question) ~ '[^[:alnum:]]$' collate "und-x-icu")) ends (closed)
        where a.word <> '' order by a.place limit 8
    ), begun as (
        select a.place, b.word, length(a.word)::real / length(b.word) as likeness
        from asked a
        cross join lateral (
            select w.word from catalog.search_words w
            where w.word ~>=~ a.word and w.word ~<~ a.beyond order by length(w.word), w.word limit 50
        ) b
    ), coded as (
        select a.place, c.id, length(a.word)::real / length(c.code_words) as likeness
        from asked a
        cross join lateral (
            select p.id, p.code_words from catalog.products p
            where p.code_words ~>=~ a.word and p.code_words ~<~ a.beyond order by p.code_words using ~<~ limit 50
        ) c
    ), alike as (
        select a.place, s.word, s.likeness
        from asked a
        cross join lateral (
            select w.word, catalog.similarity(w.word, a.word) as likeness from catalog.search_words w
            where w.word operator(catalog.%) a.word
            order by 2 desc, w.word limit 5
        ) s
        where length(a.word) > 2
          and a.place not in (select b.place from begun b) and a.place not in (select c.place from coded c)
    )
    select b.place, b.word, null::uuid, b.likeness from begun b
    union all select c.place, null, c.id, c.likeness from coded c
    union all select s.place, s.word, null, s.likeness from alike s
    union all select a.place, null, null, 0 from asked a
    where a.place not in (
        select b.place from begun b union select c.place from coded c union select s.place from alike s
    )
$$;
