//! Lists as Stripe pages them: newest first, from behind the object that the caller names.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::form::Reader;
use crate::shelf::{Shelf, Shelved};

pub(super) struct Page<'a> {
    limit: usize,
    starting_after: Option<&'a str>,
    ending_before: Option<&'a str>,
    created: RangeInclusive<u64>,
}

impl<'a> Page<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, ApiError> {
        let limit = reader.integer("limit")?.unwrap_or(10);
        if !(1..=100).contains(&limit) {
            let message = "This value must be between 1 and 100.";
            return Err(ApiError::parameter("limit", "parameter_invalid_integer", message));
        }
        let exactly = reader.integer("created")?;
        let from = reader.integer("created[gte]")?;
        let above = reader.integer::<u64>("created[gt]")?.map(|bound| bound.saturating_add(1));
        let to = reader.integer("created[lte]")?;
        let below = reader.integer::<u64>("created[lt]")?.map(|bound| bound.saturating_sub(1));
        let first = exactly.or(from).or(above).unwrap_or(0);
        let last = exactly.or(to).or(below).unwrap_or(u64::MAX);
        Ok(Self {
            limit,
            starting_after: reader.text("starting_after"),
            ending_before: reader.text("ending_before"),
            created: first..=last,
        })
    }

    pub(super) fn of<T: Shelved>(
        &self,
        items: &Shelf<T>,
        object: &str,
        matches: impl Fn(&T) -> bool,
        wire: impl Fn(&T) -> Value,
    ) -> Result<Value, ApiError> {
        for (cursor, param) in
            [(self.starting_after, "starting_after"), (self.ending_before, "ending_before")]
        {
            if let Some(id) = cursor.filter(|id| items.get(id).is_none()) {
                return Err(ApiError::no_such(object, id, param));
            }
        }
        let mut found: Vec<&T> = match (self.starting_after, self.ending_before) {
            (Some(id), _) => items.newest_first().skip_while(|item| item.id() != id).skip(1).collect(),
            (None, Some(id)) => items.newest_first().take_while(|item| item.id() != id).collect(),
            (None, None) => items.newest_first().collect(),
        };
        found.retain(|item| self.created.contains(&item.created()) && matches(item));
        let has_more = found.len() > self.limit;
        if self.ending_before.is_some() && self.starting_after.is_none() {
            // Backwards, the page is the one next to the cursor, which is the end of the list.
            found.drain(..found.len().saturating_sub(self.limit));
        }
        found.truncate(self.limit);
        let data: Vec<Value> = found.into_iter().map(wire).collect();
        Ok(json!({ "object": "list", "url": format!("/v1/{object}s"), "has_more": has_more, "data": data }))
    }
}
