"""Small notebooks that were once converted wrongly, named after what went wrong; cells are set apart by `# %%`."""

CASES: dict[str, str] = {
    "a_loop_that_runs_never_binds_nothing": """
names = sorted(set())
# %%
for name in names:
    last = name
""",
    "a_loop_that_runs_never_leaves_the_initial_value": """
best = None
# %%
rows = [v for v in ()]
# %%
for row in rows:
    best = row
# %%
print(best)
""",
    "a_loop_that_runs_never_after_a_deletion": """
name = sorted("ab")
# %%
rows = {}
# %%
del name
# %%
for name in rows.values():
    print(name)
""",
    "a_loop_that_runs_never_after_a_branch_that_was_not_taken": """
rows = [v for v in ()]
# %%
if rows:
    best = 1
for best in rows:
    print(best)
""",
    "what_may_be_unset_is_copied_with_care": """
flag = len("ab") > 3
# %%
if flag:
    names = [v for v in (1, 2)]
# %%
if not flag:
    names = [v for v in (3, 4)]
names += [5]
""",
    "the_keys_of_a_dict_are_not_its_values": """
groups = {"a": [v for v in (1, 2)], "b": [3]}
# %%
for key in groups:
    print(key)
# %%
for held in groups.values():
    held.append(4)
# %%
print(key, groups)
""",
    "a_loop_over_pairs_changes_what_they_hold": """
frames = {"a": [v for v in (1, 2)], "b": [3]}
first = frames["a"]
# %%
total = sum(first)
# %%
for number, (name, frame) in enumerate(frames.items()):
    frame.append(number)
# %%
print(total, first)
""",
    "a_walrus_in_a_comprehension_over_nothing": """
rows = [v for v in ()]
# %%
print([seen := len(row) for row in rows])
""",
    "a_generator_expression_looks_into_its_list_late": """
items = [1, 3, 2]
# %%
late = (v for v in items)
# %%
last = items.pop()
""",
    "a_generator_looks_its_names_up_late": """
rows = [v for v in (1, 2)]
number = len(rows)
# %%
late = (number + v for v in rows)
# %%
number = sum(rows)
# %%
print(number)
# %%
found = list(late)
""",
    "a_generator_function_changes_things_late": """
log = [v for v in (1, 2)]
def each():
    for v in (3, 4):
        log.append(v)
        yield v
# %%
late = each()
# %%
before = len(log)
# %%
found = list(late)
# %%
print(before, log)
""",
    "an_iterator_looks_into_its_list_late": """
items = [4, 6, 2]
# %%
pairs = zip(items, [[1], [2]])
# %%
items[0] += 7
""",
    "a_function_changes_the_list_that_its_result_replaces": """
log = [1, 2]
total = len(log)
# %%
def note(x):
    log.append(x)
    return [x, log[0]]
# %%
first = sorted(log)
# %%
log = note(3)
# %%
print(first, log)
""",
    "a_class_whose_state_changes_stays_in_one_task": """
names = [n for n in "ab"]
# %%
class Model:
    count = 0
    shared = []

    def __init__(self):
        self.names = names
# %%
taken = Model.shared
# %%
Model.count += 1
# %%
Model.shared.append(1)
# %%
print(Model.count, Model.shared)
""",
    "constants_alone_are_results": """
alpha = 2 / 4
# %%
alpha = {}
""",
    "a_list_inside_itself_is_copied_deeply": """
step = {}
# %%
step["k"] = step
# %%
step["k"]["z"] = 7
""",
    "a_sum_of_what_may_be_a_list_may_be_a_number": """
rows = [i * 3 for i in range(3)]
# %%
rows.append([])
size = len(rows)
# %%
seen = size + rows[0]
# %%
data = {"a": seen, "b": rows[-1]}
data["b"].append(4)
""",
    "a_listing_comes_after_the_files_below_it": """
from pathlib import Path
number = 3
# %%
Path("a.txt").write_text("x")
# %%
Path(f"{number}.txt").write_text("x")
# %%
found = sorted(p.name for p in Path(".").glob("*.txt"))
# %%
Path("b.txt").write_text("x")
""",
    "what_overwrites_the_file_it_read_is_not_retried": """
from pathlib import Path
# %%
known = Path("log.txt").exists()
with open("log.txt", "w") as file:
    file.write("x")
""",
    "a_sum_of_what_may_be_an_array_may_be_a_list": """
import numpy as np
delta = {"k": np.ones(3)}
# %%
delta.update({"a": []})
# %%
data = delta["a"] + [delta]
# %%
delta["a"].append(4)
# %%
print(sorted(str(v) for v in data))
""",
    "a_method_does_not_see_the_names_of_its_class": """
total = sorted("ab")
# %%
class Node:
    def __init__(self):
        self.n = total[0]

    def total(self):
        return self.n
# %%
print(Node().total())
""",
    "a_sum_of_what_may_be_a_text_may_be_a_list": """
held = {str(v): [v] for v in ([], ("x", []))}
# %%
table = held["[]"][-1]
# %%
rows = table + [held["[]"][-1]]
# %%
held["[]"][0].extend(["x"])
# %%
print(rows)
""",
    "operators_run_special_methods": """
log = [1]
class Bag:
    def __len__(self):
        log.append("len")
        return 1

    def __eq__(self, other):
        self.other = other
        return True

    def __contains__(self, value):
        log.append(value)
        return True
# %%
bag = Bag()
# %%
before = len(log)
# %%
if bag:
    found = [bag] == [2], 3 in bag
# %%
print(before, log, bag.other)
""",
    "a_property_that_is_set_runs_its_setter": """
log = [1]
class Bag:
    @property
    def last(self):
        return log[-1]

    @last.setter
    def last(self, value):
        log.append(value)
# %%
bag = Bag()
# %%
before = sum(log)
# %%
bag.last = 2
# %%
print(before, bag.last, sum(log))
""",
    "a_builtin_that_gets_another_meaning": """
x = sum([1, 2])
# %%
def sum(a):
    return [a, x]
# %%
y = sum(3)
# %%
z = pow(2, 3)
# %%
from math import pow
# %%
w = pow(2, 3)
""",
    "a_builtin_whose_name_its_own_value_takes": """
rows = [1, 2]
# %%
sum = sum([2, rows[1]])
# %%
print(sum)
# %%
list = [7]
""",
    "what_may_be_deleted_may_still_be_there": """
names=[n for n in 'abc']
config = [1]
# %%
if names[0] > 'k':
    del config
# %%
print(config)
""",
    "a_named_tuple_holds_what_it_was_given": """
from types import SimpleNamespace
from collections import namedtuple
Point = namedtuple('Point', 'x y')
value = SimpleNamespace(a=[1], b=2)
# %%
alpha = Point(value.a, 2)
# %%
step = sum([alpha.x, alpha.x], [])
# %%
value.a[-1] += step[-1] + 1
# %%
beta = alpha._replace(y=[2])
# %%
beta.x.append(5)
# %%
k = beta._asdict()
# %%
k['x'].append(7)
""",
    "functions_made_of_functions_change_what_they_hold": """
from functools import partial
from operator import methodcaller
log = [v for v in (1, 2)]
# %%
push = partial(log.append, 3)
# %%
before = len(log)
# %%
push()
# %%
middle = len(log)
# %%
methodcaller("append", 4)(log)
# %%
print(before, middle, log)
""",
    "the_dict_of_an_object_is_the_object": """
class Box:
    def __init__(self, items):
        self.items = items
# %%
rows = [v for v in (1, 2)]
box = Box([])
# %%
vars(box)["items"] = rows
# %%
box.items.append(3)
# %%
box.__dict__.update(items=[4])
# %%
print(rows, box.items)
""",
    "rows_of_an_array_are_views": """
import numpy as np
table = np.ones((2, 2))
# %%
rows = list(table)
# %%
first, *others = table
# %%
for row in table:
    row += 1
# %%
print(rows, first, table)
""",
    "told_not_to_copy": """
import numpy as np
table = np.arange(4.0)
# %%
same = table.astype(float, copy=False)
# %%
again = np.array(table, copy=None) if np.__version__ >= "2" else np.asarray(table)
# %%
same[0] = 5
# %%
print(table, again)
""",
    "a_block_that_may_end_early": """
import contextlib
held = {"a": 1}
total = len(held)
# %%
with contextlib.suppress(KeyError):
    first = held["a"]
    held["missing"]
    total = 5
    last = 7
# %%
print(total, first)
""",
    "what_is_raised_is_caught": """
rows = [v for v in (1, 2)]
# %%
try:
    raise KeyError(rows)
except KeyError as error:
    caught = error.args[0]
# %%
caught.append(3)
# %%
print(rows)
""",
    "reading_a_defaultdict_changes_it": """
from collections import defaultdict
groups = defaultdict(list)
# %%
before = len(groups)
# %%
found = groups["new"]
# %%
print(before, len(groups))
""",
    "a_sum_may_be_what_it_starts_with": """
rows = [v for v in (1, 2)]
nothing = [v for v in ()]
# %%
total = sum(nothing, rows)
# %%
total.append(3)
# %%
print(rows)
""",
    "a_constant_that_replaces_what_was_used": """
box = 3 + 6
# %%
cache = "red"
# %%
held = dict(a=box, b=1)
try:
    cache = sorted(held)
except ValueError:
    box = len(held)
# %%
print(cache)
# %%
box = "red"
""",
    "a_constant_that_was_deleted": """
value = {"a": 2}
# %%
del value
# %%
if 2 > 3:
    value = [v for v in (1, 2)]
else:
    text = repr([v for v in (1, 2)])
""",
    "what_is_handed_on_too_late_for_another_reader": """
total = (4, [v for v in (1, 2)])
# %%
pairs = enumerate(total[-1])
# %%
taken = total[-1] if len(total) > 1 else None
# %%
total = len(taken)
# %%
taken += [total]
# %%
print(list(pairs))
""",
    "the_class_of_an_object": """
class Item:
    shared = []
# %%
item = Item()
# %%
item.__class__.shared.append(1)
# %%
type(item).shared.append(2)
# %%
print(Item.shared)
# %%
rows = [[v] for v in (1, 2)]
# %%
same = rows.__class__(rows)
# %%
same[0].append(3)
# %%
print(rows)
""",
    "what_a_result_is_put_into_is_the_result": """
import numpy as np
table = np.ones((2, 2))
# %%
least = np.minimum(table, 2, out=table)
# %%
least[0] = 6
# %%
total = table.cumsum(out=np.zeros(4))
# %%
print(table, total)
""",
    "a_reduction_changes_what_it_starts_with": """
import functools
import itertools
kept = [v for v in (1, 2)]
rows = [[v] for v in kept]
# %%
total = functools.reduce(lambda held, v: held.append(v) or held, [3, 4], kept)
# %%
log = list(itertools.chain.from_iterable([rows, [[7]]]))
# %%
log[0].append(8)
# %%
print(kept, rows)
""",
    "a_local_function_that_uses_what_shadows_a_builtin": """
alpha = [[i] for i in range(3)]
# %%
list = alpha[-1]
# %%
alpha[-1] += alpha
# %%
step = '%s' % alpha[-1].pop()
# %%
if 'a' in {}:
    def pick(x):
        return {}
else:
    def pick(x):
        return [x, list[0]]
try:
    step += f'{list[-1][-1]}'
except TypeError:
    list.reverse()
""",
    "annotated_variables_of_a_notebook_in_one_task": """
total: list[int] = [1, 2]
# %%
exec('total.append(3)')
# %%
if total:
    last: int = total[-1]
print(last)
""",
    "a_builtin_that_is_itself_again": """
kept = [2, 1]
# %%
sorted = kept[0]
# %%
kept.append(sorted)
del sorted
# %%
def order(x):
    return sorted(x)
# %%
print(order(kept), sorted(kept))
""",
    "a_builtin_that_may_be_itself_again": """
kept = [v for v in (1, 2)]
len = len(kept)
# %%
if kept[0] < 2:
    del len
# %%
print(len(kept), sum(len(str(v)) for v in kept))
""",
    "a_builtin_whose_name_a_branch_would_take": """
kept = [v for v in (1, 2)]
# %%
if kept[0] > 2:
    sum = 5
# %%
print(sum(kept))
""",
    "a_builtin_whose_name_a_branch_would_take_again": """
kept = [v for v in (1, 2)]
sum = kept[0]
# %%
kept.append(sum)
del sum
if kept[0] > 2:
    sum = 5
print(sum(kept))
""",
    "a_copy_of_a_namespace_holds_what_the_namespace_holds": """
from types import SimpleNamespace
import copy
# %%
log = SimpleNamespace(a=[v for v in (1, 9)])
# %%
held = log.a
# %%
log = copy.copy(log)
# %%
held.insert(0, 5)
# %%
print(log)
""",
    "a_context_manager_of_the_notebook_hands_out_its_list": """
from contextlib import contextmanager
best = [v for v in (3, 2)]
# %%
@contextmanager
def opened(x):
    best.append('in')
    yield best
    best.append('out')
# %%
with opened(1) as table:
    total = len(table)
# %%
table.pop()
# %%
print(best, total)
""",
    "a_context_manager_of_the_notebook_is_left_later": """
from contextlib import contextmanager
best = [v for v in (3, 2)]
# %%
@contextmanager
def opened(x):
    yield best
    best.append('out')
# %%
manager = opened(1)
# %%
number = len(best)
# %%
with manager as table:
    total = len(table)
# %%
print(best, number, total)
""",
    "an_iterator_of_calls_changes_things_late": """
items = {'a': [v for v in (5, 6)]}
# %%
table = iter(items['a'].pop, 5)
# %%
first = items['a'][-1]
# %%
rows = list(table)
# %%
print(first, items)
""",
    "a_mapped_function_changes_things_late": """
log = [v for v in (1, 2)]
def note(x):
    log.append(x)
    return x
# %%
late = map(note, (3, 4))
# %%
both = (v + 1 for v in late)
# %%
before = len(log)
# %%
found = sum(both)
# %%
print(before, found, log)
""",
    "a_generator_expression_changes_things_late": """
log = [v for v in (1, 2)]
# %%
late = (log.append(v) for v in (3, 4))
# %%
before = len(log)
# %%
found = list(late)
# %%
print(before, log)
""",
    "each_object_of_a_dataclass_has_a_list_of_its_own": """
from dataclasses import dataclass, field
@dataclass
class Item:
    n: int
    items: list = field(default_factory=list)

    def __post_init__(self):
        self.same = self.items
# %%
first, second = Item(1), Item(2)
# %%
held = first.same
# %%
list(map(first.items.append, [1, 2]))
# %%
second.items.append(3)
# %%
print(held, first, second)
""",
    "a_method_of_an_unknown_object_is_called_by_another_name": """
import graphlib
sorter = graphlib.TopologicalSorter()
# %%
list(map(sorter.add, ['a']))
# %%
print(list(sorter.static_order()))
""",
    "an_array_is_changed_through_a_view_of_its_row": """
import numpy as np
rows = np.ones((2, 2))
# %%
total = list(rows)
# %%
first = rows[0]
# %%
total[0].T[0] = 4
first.T[1] = 5
# %%
print(rows)
""",
    "a_list_formatted_is_a_text": """
total = []
for number in range(2):
    total.append(total)
# %%
names = '%s' % total[0].pop()
# %%
names += names
# %%
print(names)
""",
    "what_is_bound_on_a_path_not_taken_and_changed_later_is_copied_with_care": """
import numpy as np
box = np.array([3, 5, 2])
# %%
if box[0] > 3:
    value = [v for v in (1, 2)] + [box]
# %%
box[0] = 6
# %%
if box[1] > 5:
    value.append(1)
print(box)
""",
    "a_block_that_may_end_early_leaves_what_it_bound_by_then": """
import contextlib
alpha = {'a': [1]}
# %%
with contextlib.suppress(KeyError):
    rows = {'a': alpha['a']}
    alpha['missing']
    rows = 0.5
# %%
rows.pop('a').append(2)
# %%
print(alpha)
""",
    "a_handler_finds_what_the_block_had_bound_by_then": """
kept = [v for v in (1, 2)]
# %%
try:
    try:
        rows = kept
        kept[9]
        rows = []
    finally:
        rows.append(3)
except IndexError:
    pass
# %%
print(kept)
""",
    "a_function_that_may_be_replaced_by_data_stays_in_its_task": """
import functools
beta = [v for v in (1, 2)]
# %%
@functools.lru_cache
def rows(x):
    beta.append(x)
    return x
# %%
if beta[-1] > 3:
    rows = beta
beta.append(3)
""",
    "an_object_and_its_dict_stay_together": """
class Item:
    def __init__(self):
        self.n = 0
# %%
rows = Item()
# %%
cache = vars(rows)
# %%
rows.n = 5
# %%
print(cache)
""",
    "a_frame_that_holds_itself_is_never_copied": """
import pandas as pd
data = pd.DataFrame({'a': [1, 2]})
# %%
data.attrs['k'] = data
# %%
data['c'] = 3
# %%
size = len(data)
""",
    "a_loop_that_runs_never_leaves_a_computed_value": """
best = sorted("ab")
# %%
rows = [v for v in ()]
# %%
for row in rows:
    best = [row]
# %%
best.append("c")
print(best)
""",
    "a_loop_that_runs_never_leaves_a_value_through_more_loops": """
number = len("abc")
# %%
rows = {}
# %%
for number in rows:
    print(number)
# %%
for number in rows.values():
    print(number)
# %%
print(number)
""",
    "a_loop_that_runs_never_in_a_function_leaves_an_alias": """
kept = [v for v in (1, 2)]
# %%
def last(rows):
    found = kept
    for found in rows:
        pass
    return found
# %%
found = last([])
# %%
found.append(3)
# %%
print(kept)
""",
    "a_list_that_is_emptied_is_gone_through_never": """
best = sorted("ab")
rows = [1, 2]
# %%
del rows[:]
# %%
for best in rows:
    print(best)
# %%
print(best)
""",
    "a_loop_over_the_items_of_a_dict_that_is_cleared_runs_never": """
best = sorted("ab")
rows = {"a": len(best)}
# %%
items = rows.items()
rows.clear()
# %%
for name, best in items:
    print(best)
# %%
print(best)
""",
    "a_name_that_hides_a_builtin_makes_no_loop_run": """
best = sorted("ab")
# %%
def range(n):
    return []
# %%
for best in range(3):
    print(best)
# %%
print(best)
""",
    "what_is_deleted_and_may_be_bound_again_is_unset_in_between": """
best = sorted("ab")
print(best)
del best
if len([4, 1]) > 3:
    best = [5]
""",
    "the_dict_of_an_object_is_added_to_in_place": """
class Item:
    def __init__(self):
        self.n = 0
# %%
rows = Item()
# %%
cache = vars(rows)
cache |= {"z": 7}
# %%
print(rows.z)
""",
    "sorting_asks_for_a_length": """
alpha = [v for v in (1, 2)]
class Bag:
    def __init__(self, items):
        self.items = items

    def __len__(self):
        alpha.append('len')
        return len(self.items)

    def __iter__(self):
        return iter(self.items)
# %%
beta = Bag([1, 2])
# %%
log = sorted(beta, key=str)
# %%
print(alpha)
""",
    "an_array_of_unknown_make_is_the_result_that_it_is_put_into": """
import numpy as np
beta = np.asarray(list((1, 2)))
# %%
box = np.minimum(beta, 2, out=beta)
# %%
box[0] = 5
# %%
print(beta)
""",
    "lists_in_the_cells_of_a_series_are_copied_by_no_copy": """
import pandas as pd
rows = pd.Series([2, 1, 6])
# %%
rows = rows.apply(lambda v: [v])
# %%
first = rows.tolist()
# %%
first[0].append(1)
# %%
print(rows)
""",
    "lists_that_a_series_was_made_of_are_its_cells": """
import pandas as pd
items = [[v] for v in (1, 2)]
# %%
rows = pd.Series(items)
# %%
items[0].append(4)
items.append(5)
# %%
for row in rows:
    row.append(5)
# %%
print(rows)
""",
    "a_generator_goes_late_through_a_list_that_has_been_emptied": """
kept = [v for v in (1, 2)]
rows = [[5], [6]]
# %%
def last():
    found = kept
    for found in rows:
        pass
    yield found
# %%
late = last()
# %%
rows.clear()
# %%
found = list(late)[0]
# %%
found.append(3)
# %%
print(kept)
""",
    "a_map_is_kept_while_what_its_function_reads_changes": """
import itertools
# %%
best = list(itertools.accumulate([1, 8]))
# %% [markdown]
# Clean
# %%
log = 4
# %%
box, delta = itertools.tee(best)
# %% [markdown]
# Explore
# %%
def read1(x):
    return len(best) + log
# %%
config = map(read1, [1, 2])
# %%
table = best.pop()
""",
    "a_list_in_a_cell_changes_where_no_copy_of_the_frame_has_its_own": """
import pandas as pd
# %%
step = pd.DataFrame({'a': [1, 2]})
step['l'] = [[1] for _ in range(2)]
# %% [markdown]
# Clean
# %%
step.attrs['k'] = len('abc')
# %%
step['l'].iloc[0].append(5)
""",
    "a_row_of_an_array_is_cut_and_changed": """
import numpy as np
# %%
cache = np.ones((2, 2))
# %%
value = [row for row in cache]
# %%
table = value[-1][1:]
# %%
table *= 2
""",
    "a_function_is_kept_that_binds_a_global_constant": """
table = [1]
class Settings:
    held = table
# %%
def set1(x):
    global table
    table = total
# %%
table
# %%
beta = set1
""",
    "a_dict_changes_in_a_loop_and_is_deleted_before_the_task_ends": """
alpha = (1, [5])
# %%
data = dict(k=alpha[0])
# %%
for alpha in enumerate(alpha[-1][:2]):
    data |= {'z': 3}
    data['b'] = alpha
class Store:
    count = 0
# %%
rows = data.get('a')
# %%
del data
# %%
Store.count += 1
""",
    "a_generator_binds_a_global_where_it_is_gone_through": """
box = 3
# %%
def set1(x):
    global box
    box = [x, {'k': [1]}]
    return x
# %%
log = (set1(v) for v in [1, 2])
# %%
if box + 5 > 3:
    print(box)
# %%
items = 2 in log
""",
    "a_map_binds_a_global_where_it_is_gone_through_or_not_at_all": """
box = 3
# %%
def set1(x):
    global box
    box = [x]
# %%
log = map(set1, [])
# %%
a = box + 5
# %%
items = list(log)
# %%
b = box + 1
""",
    "a_generator_binds_a_name_of_the_function_around_it_late": """
kept = []
# %%
def start():
    box = 1
    def go():
        nonlocal box
        box = kept
        yield 1
    it = go()
    box = [5]
    next(it)
    return box
# %%
r = start()
# %%
a = len(kept)
# %%
r.append(1)
""",
    "a_frames_index_gets_a_name_and_so_do_its_transposes_columns": """
import pandas as pd
# %%
best = pd.DataFrame({'a': [3, 1, 2], 'b': [0.5, 2.0, 1.5]}).set_index('a')
# %%
i = best.index
# %%
config = best.T
# %% [markdown]
# Report
# %%
config.columns.name = 'i'
# %%
best.index.rename('q', inplace=True)
# %%
v = i.name
""",
    "an_array_of_unknown_make_is_written_into_through_a_view": """
import numpy as np
cache = np.arange(6)[None]
# %%
for row in cache:
    row += 1
# %%
box = row.astype(int)
# %%
box.reshape(-1)[0] = 6
# %%
print(box, row)
""",
    "classes_derived_from_containers_hold_items": """
class Stack(list):
    def __init__(self, items):
        super().__init__(items)
        self.size = len(items)
    def push(self, x):
        self.append(x)
        self.size += 1
rows = [v for v in ([1], [2])]
stack = Stack(rows)
# %%
stack.push(3)
# %%
stack[0].append(4)
# %%
print(rows, stack.size)
""",
    "a_dict_that_makes_what_is_missing": """
class Groups(dict):
    def __missing__(self, key):
        self[key] = []
        return self[key]
groups = Groups(a=[v for v in (1,)])
n = len(groups)
# %%
new = groups['new']
# %%
print(n, groups)
# %%
new.append(2)
# %%
print(groups)
""",
    "a_dict_that_stores_in_its_own_way_is_not_copied": """
class Lists(dict):
    def __setitem__(self, key, value):
        super().__setitem__(key, [value])
lists = Lists()
# %%
lists['a'] = 1
# %%
print(len(lists))
# %%
lists['a'].append(3)
""",
    "objects_that_say_how_they_are_copied_are_not_copied": """
class Holder:
    def __init__(self, x):
        self.x = x
    def __deepcopy__(self, memo):
        return Holder(self.x)
holder = Holder([v for v in (1,)])
# %%
n = len(holder.x)
# %%
holder.x.append(3)
# %%
print(n, holder.x)
""",
    "a_cached_function_gives_the_same_object_again": """
from functools import lru_cache
@lru_cache(None)
def get(n):
    return [n]
@lru_cache(None)
def tell(n):
    print('made', n)
    return n
# %%
a = get(1)
one = tell(1)
# %%
b = get(1)
two = tell(1)
# %%
b.append(3)
# %%
print(a)
""",
    "a_cached_method_changes_its_object": """
from functools import lru_cache
class Log:
    def __init__(self):
        self.items = []
    @lru_cache
    def get(self, n):
        self.items.append(n)
        return self.items
log = Log()
# %%
x = log.get(1)
# %%
k = len(log.items)
# %%
y = log.get(2)
# %%
print(k, x, y)
""",
    "a_replaced_dataclass_shares_its_fields": """
from dataclasses import asdict, dataclass, replace
@dataclass
class Point:
    x: list
    n: int = 0
p = Point([v for v in (1, 2)])
# %%
q = replace(p, n=3)
d = asdict(p)
# %%
d['x'].append(9)
# %%
q.x.append(4)
# %%
print(p)
""",
    "named_tuples_and_calls_of_what_items_hold": """
import itertools
from collections import namedtuple
Pair = namedtuple('Pair', 'a b')
rows = [v for v in ([1], [2])]
# %%
pair = Pair._make(rows)
firsts = list(itertools.starmap(lambda a, b: a, [(rows[0], 2)]))
# %%
pair.b.append(3)
# %%
firsts[0].append(3)
# %%
print(rows)
""",
    "a_method_of_a_list_that_is_called_by_somebody_else": """
from contextlib import ExitStack
log = [v for v in (1,)]
# %%
with ExitStack() as stack:
    stack.callback(log.append, 2)
    n = len(log)
# %%
print(n, log)
""",
    "classes_that_note_what_is_derived_from_them": """
class Base:
    names = []
    def __init_subclass__(cls, **kw):
        Base.names.append(cls.__name__)
n = len(Base.names)
# %%
class One(Base):
    pass
# %%
m = len(Base.names)
# %%
class Two(Base):
    pass
# %%
print(n, m, Base.names)
""",
    "classes_that_note_what_is_made_by_them": """
seen = []
class Meta(type):
    def __new__(mcs, name, bases, space):
        seen.append(name)
        return super().__new__(mcs, name, bases, space)
n = len(seen)
# %%
class One(metaclass=Meta):
    pass
# %%
class Two(One):
    pass
# %%
print(n, seen)
""",
    "attributes_that_do_something_when_they_are_used": """
class Noted:
    def __get__(self, obj, cls):
        obj.log.append('get')
        return obj.log
    def __set__(self, obj, value):
        obj.log.append(value)
class Thing:
    noted = Noted()
    def __init__(self, log):
        self.log = log
log = [v for v in (1,)]
thing = Thing(log)
# %%
n = len(log)
# %%
thing.noted = 3
# %%
m = len(log)
# %%
x = thing.noted
# %%
print(n, m, log)
""",
    "a_weak_reference_stays_with_its_object": """
import weakref
class Thing:
    pass
thing = Thing()
thing.x = [v for v in (1,)]
# %%
seen = weakref.ref(thing)
# %%
seen().x.append(3)
# %%
print(thing.x)
""",
    "a_folder_that_is_looked_into_and_written_into": """
from pathlib import Path
root = Path('out')
root.mkdir(exist_ok=True)
for i in range(2):
    (root / f'{i}.txt').write_text(str(i))
# %%
names = sorted(p.name for p in root.iterdir())
# %%
(root / '2.txt').write_text('x')
# %%
print(names, sorted(p.name for p in root.glob('*.txt')))
""",
    "files_that_are_put_together_beside_their_like": """
import glob
for i in range(2):
    with open(f'part{i}.txt', 'w') as file:
        file.write(str(i))
# %%
parts = [open(path).read() for path in sorted(glob.glob('part*.txt'))]
# %%
with open('part9.txt', 'w') as file:
    file.write(''.join(parts))
# %%
print(len(glob.glob('part*.txt')), parts)
""",
    "a_file_that_is_put_into_an_archive": """
import os
import zipfile
with open('a.txt', 'w') as file:
    file.write('1')
# %%
with zipfile.ZipFile('a.zip', 'w') as archive:
    archive.write('a.txt')
# %%
os.remove('a.txt')
# %%
with zipfile.ZipFile('a.zip') as archive:
    names = archive.namelist()
os.remove('a.zip')
""",
    "a_file_that_is_moved_and_removed": """
import os
import shutil
with open('a.txt', 'w') as file:
    file.write('1')
# %%
shutil.copy('a.txt', 'b.txt')
# %%
os.rename('a.txt', 'c.txt')
# %%
print(open('b.txt').read())
# %%
os.remove('b.txt')
# %%
os.makedirs('d/e')
# %%
print(os.path.exists('b.txt'), sorted(os.listdir('d')))
""",
    "decimals_are_rounded_as_the_library_is_set": """
import decimal
decimal.getcontext().prec = 5
# %%
x = decimal.Decimal(1) / 3
# %%
decimal.getcontext().prec = 10
# %%
y = decimal.Decimal(1) / 3
# %%
z = y / 3
# %%
print(x, y)
""",
    "waiting_for_async_functions_gives_what_they_return": """
import asyncio
log = [v for v in ([1], [2])]
async def work(x):
    await asyncio.sleep(0)
    return log[x]
async def main():
    a, b = await asyncio.gather(work(0), work(1))
    task = asyncio.create_task(work(0))
    await asyncio.to_thread(log.append, [3])
    return b, await task
# %%
out = asyncio.run(main())
# %%
out[0].append(6)
# %%
out[1].append(7)
# %%
print(log)
""",
    "the_cause_of_an_error_holds_data": """
rows = [v for v in (1,)]
try:
    try:
        raise ValueError(rows)
    except ValueError as error:
        raise KeyError('x') from error
except KeyError as error:
    held = error.__cause__.args[0]
# %%
held.append(2)
# %%
print(rows)
""",
    "a_class_with_one_object": """
class S:
    _i = None
    def __new__(cls):
        if cls._i is None:
            cls._i = super().__new__(cls)
            cls._i.items = []
        return cls._i
a = S()
# %%
b = S()
# %%
b.items.append(1)
# %%
print(a.items, a is b)
""",
    "a_metaclass_that_makes_one_object_a_class": """
class Single(type):
    made = {}
    def __call__(cls, *args):
        if cls not in cls.made:
            cls.made[cls] = super().__call__(*args)
        return cls.made[cls]
class Config(metaclass=Single):
    def __init__(self, items):
        self.items = items
rows = [v for v in (1,)]
a = Config(rows)
# %%
b = Config([5])
# %%
b.items.append(2)
# %%
print(a.items, rows, a is b)
""",
    "a_tuple_that_is_made_with_an_attribute": """
class Pair(tuple):
    def __new__(cls, a, b):
        self = super().__new__(cls, (a, b))
        self.note = [a]
        return self
rows = [v for v in (1,)]
p = Pair(rows, 2)
# %%
p[0].append(3)
# %%
p.note[0].append(4)
# %%
print(rows)
""",
    "an_object_that_is_made_before_it_is_initialised": """
class A:
    def __new__(cls, x):
        obj = object.__new__(cls)
        obj.early = x
        return obj
    def __init__(self, x):
        self.late = x
rows = [v for v in (1,)]
a = A(rows)
# %%
a.early.append(2)
# %%
a.late.append(3)
# %%
print(rows)
""",
    "a_class_that_gives_something_else": """
class Shape:
    def __new__(cls, kind):
        if kind == 'c':
            return [kind]
        return super().__new__(cls)
    def __init__(self, kind):
        self.kind = [kind]
a, b = Shape('c'), Shape('s')
# %%
a.append(1)
# %%
b.kind.append(2)
# %%
print(a, b.kind)
""",
    "errors_that_ask_for_what_they_were_made_of_are_not_copied": """
class Bad(ValueError):
    def __init__(self, rows, code):
        super().__init__('bad')
        self.rows, self.code = rows, code
rows = [v for v in (1,)]
errors = []
# %%
try:
    raise Bad(rows, 3)
except Bad as e:
    errors.append(e)
# %%
errors[0].rows.append(5)
# %%
print(rows)
""",
    "groups_of_items_hold_the_items": """
import itertools
# %%
seen = [(k, list(g)) for k, g in itertools.groupby([[i] for i in (1, 1, 2)], key=str)]
# %%
part = seen[0][-1][:]
# %%
part = part[0].pop()
""",
    "keys_of_groups_may_be_parts_of_items": """
import itertools
rows = [([i], i) for i in (1, 1, 2)]
keys = []
# %%
for key, group in itertools.groupby(rows, lambda row: row[0]):
    keys.append(key)
# %%
total = sum(len(row[0]) for row in rows)
# %%
keys[0].append(5)
# %%
print(total, rows)
""",
    "the_dict_of_an_object_is_subscripted": """
from dataclasses import dataclass, field
@dataclass
class Item:
    items: list = field(default_factory=list)
    n: int = 0
log = [v for v in (1, 2)]
# %%
config = Item(log)
# %%
result = vars(config)
# %%
result['items'].append(4)
# %%
print(log)
""",
    "the_dict_of_an_object_is_copied": """
from dataclasses import dataclass, field
@dataclass
class Item:
    items: list = field(default_factory=list)
    n: int = 0
log = [v for v in (1, 2)]
# %%
config = Item(log)
# %%
result = dict(vars(config))
again = {**config.__dict__}
# %%
result['items'].append(4)
# %%
print(log)
# %%
again['items'].pop()
""",
    "the_dict_of_an_object_is_gone_through": """
from dataclasses import dataclass, field
@dataclass
class Item:
    items: list = field(default_factory=list)
    n: int = 0
log = [v for v in (1, 2)]
# %%
config = Item(log)
# %%
result = vars(config)
# %%
for held in result.values():
    if held:
        held.append(4)
pairs = [(name, held) for name, held in result.items()]
# %%
print(log)
# %%
pairs[0][1].append(5)
""",
    "the_dict_of_an_object_has_the_methods_of_dicts": """
from dataclasses import dataclass, field
@dataclass
class Item:
    items: list = field(default_factory=list)
    n: int = 0
log = [v for v in (1, 2)]
# %%
config = Item(log)
# %%
result = vars(config)
first = [config.n, log]
# %%
result.update(n=log)
part = result.get('items')
# %%
config.n.append(3)
# %%
print(first)
# %%
part.append(result.pop('n')[0])
""",
    "an_index_that_a_frame_shares_with_its_column_gets_a_name": """
import pandas as pd
# %%
column = pd.Series([v for v in (1, 2)])
# %%
frame = pd.DataFrame({'a': column})
# %%
frame.index.name = 'i'
# %%
print(column.index.name)
""",
    "a_deep_copys_method_changes_a_class": """
import copy
class Store:
    shared = []
    def add(self, x):
        Store.shared.append(x)
s = Store()
# %%
t = copy.deepcopy(s)
# %%
t.add(1)
# %%
n = len(Store.shared)
""",
    "a_method_of_what_a_copied_list_holds_changes_a_global": """
import copy
kept = []
class Store:
    def add(self, x):
        kept.append(x)
s = [Store()]
# %%
t = copy.deepcopy(s)
# %%
t[0].add(1)
# %%
n = len(kept)
""",
    "a_copys_method_changes_a_global": """
import copy
kept = []
class Store:
    def add(self, x):
        kept.append(x)
s = Store()
# %%
t = copy.copy(s)
# %%
t.add(1)
# %%
n = len(kept)
""",
    "objects_say_how_they_are_copied_deep": """
import copy
kept = []
class Store:
    def __init__(self):
        self.n = 1
    def __deepcopy__(self, memo):
        kept.append(1)
        return Store()
    def add(self, x):
        kept.append(x)
s = Store()
# %%
t = copy.deepcopy(s)
# %%
t.add(1)
# %%
n = len(kept)
""",
    "objects_say_how_they_are_copied": """
import copy
kept = []
class Store:
    def __init__(self):
        self.n = [1]
    def __copy__(self):
        kept.append(1)
        return self
s = Store()
# %%
t = copy.copy(s)
# %%
t.n.append(1)
# %%
n = (kept, s.n)
""",
    "a_dataclass_is_replaced_but_for_a_list": """
import copy
from dataclasses import dataclass, replace
@dataclass
class P:
    a: list
    b: int = 2
    def add(self):
        self.a.append(1)
p = P([3])
# %%
q = replace(p, b=4)
# %%
q.add()
# %%
n = len(p.a)
""",
    "copies_of_copies_in_a_loop": """
import copy
total = [[3], []]
# %%
names = copy.copy(total)
# %%
for i in range(3):
    names = copy.copy(names)
    names.append(copy.copy(names))
    total = copy.deepcopy(names)
# %%
total[0].append(4)
names[0].append(5)
# %%
n = str(names) + str(total)
""",
    "a_method_is_copied_with_its_object": """
import copy
class A:
    def __init__(self):
        self.xs = [1]
    def go(self, x):
        self.xs.append(x)
a = A()
# %%
f = [a.go, a]
# %%
g = copy.deepcopy(f)
# %%
g[0](3)
# %%
r = (a.xs, g[1].xs)
""",
    "parsed_data_that_more_was_put_into": """
import json
x = json.loads('{"a": [1]}')
# %%
x['b'] = 3
# %%
for k in x:
    if k == 'a':
        x[k].append(4)
""",
    "parsed_data_and_a_list": """
import json
x = json.loads('[[1], [2]]') + [3]
# %%
x[0].append(4)
""",
    "a_deep_copy_that_more_was_put_into": """
total = [[3], []]
# %%
import copy
names = copy.deepcopy(total)
# %%
names.append((lambda: 4)())
i = names
# %%
best = i[0].pop()
""",
    "a_frame_is_made_of_one_with_lists_in_its_cells": """
import pandas as pd
log = pd.DataFrame({'a': [3, 1, 2], 'b': [0.5, 2.0, 1.5]})
# %%
value = 2
# %%
log['l'] = [[value + 7] for _ in range(len(log))]
log = log.reset_index(drop=True)
# %%
log['l'].iloc[0].append(value)
""",
    "objects_stand_in_cells_of_a_frame_and_change_a_global": """
import pandas as pd
kept = []
class Store:
    def add(self, x):
        kept.append(x)
s = pd.DataFrame({'a': [1, 2], 'b': [Store(), Store()]})
# %%
for k, row in s.iterrows():
    row['b'].add(1)
# %%
n = len(kept)
""",
    "objects_in_cells_are_called_row_by_row": """
import pandas as pd
kept = []
class Store:
    def add(self, x):
        kept.append(x)
        return x
s = pd.DataFrame({'a': [1, 2], 'b': [Store(), Store()]})
# %%
v = s['b'].map(lambda st: st.add(1))
# %%
n = len(kept)
# %%
v = s.apply(lambda st: st['b'].add(1), axis=1)
# %%
n2 = len(kept)
""",
    "an_object_in_a_cell_of_a_copied_frame_changes": """
import pandas as pd
class Store:
    def __init__(self):
        self.n = 0
    def add(self, x):
        self.n += x
s = pd.DataFrame({'a': [1, 2], 'b': [Store(), Store()]})
# %%
t = s.copy()
# %%
t['b'].iloc[0].add(1)
# %%
n = s['b'].iloc[0].n
""",
    "objects_in_a_column_change": """
import pandas as pd
class Store:
    def __init__(self):
        self.n = 0
    def add(self, x):
        self.n += x
s = pd.DataFrame({'a': [1, 2]})
s['b'] = [Store(), Store()]
# %%
for b in s['b']:
    b.add(2)
# %%
n = s['b'].iloc[0].n
""",
    "a_frame_in_the_attrs_of_another_changes": """
import pandas as pd
seen = pd.DataFrame({'a': [3, 1, 2], 'b': [0.5, 2.0, 1.5]})
# %%
seen = (1, seen)
# %%
items = seen[-1][['a']]
# %%
seen[-1].attrs['k'] = items
# %%
items.sort_values('a', inplace=True)
""",
    "the_attrs_of_a_frame_have_a_name": """
import pandas as pd
seen = pd.DataFrame({'a': [3, 1, 2]})
# %%
box = seen.attrs
# %%
box['k'] = [1]
# %%
print(seen.attrs)
""",
    "what_is_computed_from_a_frame_has_its_index": """
import pandas as pd
# %%
best = pd.DataFrame({'a': [3, 1, 2], 'b': [0.5, 2.0, 1.5]})
# %%
config = best + 1
# %%
best.index.name = 'i'
""",
    "a_series_is_made_with_a_frames_index": """
import pandas as pd
# %%
best = pd.DataFrame({'a': [3, 1, 2], 'b': [0.5, 2.0, 1.5]})
# %%
config = pd.Series([1, 2, 3], index=best.index)
# %%
best.index.name = 'i'
# %%
print(config.index.name)
""",
    "an_index_of_two_tables_gets_a_name": """
import pandas as pd
# %%
best = pd.DataFrame({'a': [3, 1, 2], 'b': [0.5, 2.0, 1.5]})
# %%
i = pd.Index([4, 5, 6])
config = pd.Series([1, 2, 3], index=i)
# %%
best.index = i
# %%
best.index.name = 'i'
# %%
print(config.index.name)
""",
    "what_is_computed_from_a_frames_rows_has_its_index": """
import pandas as pd
# %%
best = pd.DataFrame({'a': [3, 1, 2], 'b': [0.5, 2.0, 1.5]})
# %%
config = best.apply(lambda r: r['a'], axis=1)
# %%
config.index.name = 'i'
# %%
print(best.index.name)
""",
    "two_names_are_one_object": """
data = [1, 2, 3]
# %%
a = [len(data)]
# %%
b = a
# %%
c = len(b) + 1
# %%
print(a is b, c)
""",
    "a_mark_is_recognised": """
missing = object()
# %%
x = missing if len('ab') > 1 else 1
# %%
y = [x, 3]
# %%
print(y[0] is missing)
""",
    "an_object_is_a_key_by_itself": """
class A:
    pass
a = A()
# %%
d = {a: 1}
# %%
n = len(d)
# %%
print(d[a])
""",
    "an_object_is_found_in_a_list": """
class A:
    pass
things = [A(), A()]
# %%
first = things[0]
# %%
n = len(things)
# %%
print(things.index(first), first in things)
""",
    "views_share_memory": """
import numpy as np
x = np.arange(5)
# %%
y = x[:3]
# %%
n = len(y)
# %%
print(np.shares_memory(x, y), y.base is x)
""",
    "visited_nodes_are_told_from_others": """
class Node:
    def __init__(self, n):
        self.n = n
        self.links = []
nodes = [Node(i) for i in range(4)]
for i in range(3):
    nodes[i].links.append(nodes[i + 1])
# %%
start = nodes[0]
# %%
seen = set()
def walk(node):
    if node in seen:
        return
    seen.add(node)
    for other in node.links:
        walk(other)
walk(start)
# %%
left = [n.n for n in nodes if n not in seen]
""",
    "two_names_have_one_number": """
a = [1]
# %%
b = a
# %%
c = len(b)
# %%
same = id(a) == id(b)
""",
    "an_object_is_removed_from_a_list": """
class A:
    pass
a = A()
# %%
b = [a, A()]
# %%
c = len(b)
# %%
b.remove(a)
""",
    "a_mark_is_a_default": """
missing = object()
def get(d, k, default=missing):
    if k in d:
        return d[k]
    return default
# %%
x = get({}, 'a')
# %%
y = [x, 3]
# %%
print(y[0] is missing)
""",
    "an_objects_parent_is_the_root": """
class A:
    none = None
    def __init__(self, parent=None):
        self.parent = parent
root = A()
# %%
child = A(root)
# %%
n = [child]
# %%
print(n[0].parent is root, n[0].parent == root, child.parent != root)
""",
    "members_of_an_enumeration_are_themselves_everywhere": """
import enum
class C(enum.Enum):
    RED = 1
    BLUE = 2
a = C.RED
# %%
b = [a]
# %%
n = len(b)
# %%
print(b[0] is a, a in b, a is C.RED)
""",
    "library_functions_go_through_what_a_class_gives": """
step = [1]
# %%
class Bag:
    def __init__(self, items):
        self.items = items

    def __iadd__(self, other):
        self.items.append(other)
        return self
    def __iter__(self):
        return iter(self.items)
# %%
result = Bag([1, 2])
# %% [markdown]
# Load
# %%
result += step
# %%
config = sorted(result, key=str)
# %%
config[-1].__setitem__(0, [5])
""",
    "a_callback_gets_what_a_class_gives": """
step = [1]
class Bag:
    def __init__(self, items):
        self.items = items
    def __iter__(self):
        return iter(self.items)
# %%
bag = Bag([step])
# %%
def put(x):
    x.append(2)
    return len(x)
r = list(map(put, bag))
# %%
n = len(step)
""",
    "going_through_by_items": """
step = [1]
class Bag:
    def __init__(self, items):
        self.items = items
    def __getitem__(self, i):
        return self.items[i]
# %%
bag = Bag([step])
# %%
a, = bag
# %%
a.append(1)
# %%
b = [x for x in bag]
# %%
b[0].append(3)
# %%
n = len(step)
""",
    "the_largest_of_what_a_class_gives": """
step = [1]
class Bag:
    def __init__(self, items):
        self.items = items
    def __iter__(self):
        return iter(self.items)
# %%
bag = Bag([step])
# %%
a = max(bag)
# %%
a.append(1)
# %%
b = dict(enumerate(bag))
# %%
b[0].append(3)
# %%
n = len(step)
""",
    "going_through_an_object_by_its_items": """
class Bag:
    def __init__(self, items):
        self.items = items
    def __getitem__(self, i):
        return self.items[i]
# %%
result = Bag([[1], [2]])
# %%
for x in result:
    x.append(3)
# %%
y = max(result)
# %%
y.append(4)
# %%
print(result.items)
""",
    "columns_of_a_frame_keep_its_index": """
import pandas as pd
table = pd.DataFrame({'a': [3, 1, 2], 'b': [0.5, 2.0, 1.5]})
# %%
table = {name: column for name, column in table.items()}
# %%
result = pd.DataFrame({'a': table['a']})
# %%
result.index.name = 'i'
""",
    "how_exact_decimal_numbers_are": """
from decimal import Decimal, getcontext
getcontext().prec = 5
# %%
a = Decimal(1) / Decimal(7)
# %%
n = len('abc')
# %%
b = a * 3
""",
    "how_exact_decimal_numbers_are_changes": """
from decimal import Decimal, getcontext
getcontext().prec = 5
# %%
a = Decimal(1) / Decimal(7)
# %%
getcontext().prec = 10
# %%
b = Decimal(1) / Decimal(7)
""",
    "the_context_of_decimal_numbers_has_a_name": """
import decimal
ctx = decimal.getcontext()
ctx.prec = 6
# %%
a = decimal.Decimal(1) / 7
# %%
ctx.prec = 3
# %%
b = a * 3
# %%
with decimal.localcontext() as local:
    local.prec = 2
    c = a * 3
# %%
xs = [decimal.Decimal(i) for i in range(3)]
# %%
t = sum(xs) / 7
""",
    "a_named_tuple_is_gone_through": """
from typing import NamedTuple
class Model(NamedTuple):
    rate: float = 0.5
    seen: tuple = ()
log = [1]
model = Model(seen=(log,))
# %%
rate, seen = model
parts = list(model) + [part for part in zip(model, model)]
# %%
parts[1][0].append(2)
# %%
print(log, sorted(str(part) for part in enumerate(model)))
""",
    "a_base_class_of_a_library_calls_what_a_class_has": """
from sklearn.base import BaseEstimator, TransformerMixin
seen = []
class Own(BaseEstimator, TransformerMixin):
    def fit(self, X, y=None):
        seen.append(len(X))
        return self
    def transform(self, X):
        return X
own = Own()
# %%
a = own.fit_transform([[1.0], [2.0]])
# %%
r = len(seen)
""",
    "an_inherited_method_gives_what_an_own_one_gives": """
import collections.abc
class M(collections.abc.Mapping):
    def __init__(self, d):
        self.d = d
        self.n = 0
    def __getitem__(self, k):
        self.n += 1
        return self.d[k]
    def __iter__(self):
        return iter(self.d)
    def __len__(self):
        return len(self.d)
m = M({'a': [1]})
# %%
x = m.get('a')
# %%
x.append(2)
# %%
y = dict(m.items())
# %%
r = (m.n, m.d)
""",
    "a_library_makes_an_object_of_a_class_late": """
import json
scale = 1
class Enc(json.JSONEncoder):
    def default(self, o):
        return scale
# %%
scale = 2
# %%
t = json.dumps({'a': {1}}, cls=Enc)
""",
    "a_library_makes_an_object_of_a_class_twice": """
import json
scale = [1]
class Enc(json.JSONEncoder):
    def default(self, o):
        return len(scale)
# %%
t = json.dumps({'a': {1}}, cls=Enc)
# %%
scale.append(3)
# %%
u = json.dumps({'a': {1}}, cls=Enc)
""",
    "a_library_makes_an_object_of_a_class": """
import json
seen = []
class Enc(json.JSONEncoder):
    def default(self, o):
        seen.append(1)
        return str(o)
# %%
t = json.dumps({'a': {1}.__class__}, cls=Enc)
# %%
r = len(seen)
""",
    "a_tables_own_class_is_lost_when_it_is_copied": """
import pandas as pd
class T(pd.DataFrame):
    def double(self):
        self['a'] = self['a'] * 2
    def total(self):
        return self['a'].sum()
t = T({'a': [1, 2]})
# %%
n = len(t)
# %%
t.double()
# %%
r = t.total()
""",
    "a_scaler_works_in_the_data_that_it_is_given": """
import numpy as np
from sklearn.preprocessing import StandardScaler
X = np.array([[1.0], [3.0]])
s = StandardScaler(copy=False)
# %%
Z = s.fit_transform(X)
# %%
r = X.sum()
""",
    "an_array_is_gone_through_flat": """
import numpy as np
a = np.zeros(3)
f = a.flat
# %%
f[1] = 5
# %%
v = np.lib.stride_tricks.sliding_window_view(a, 2)
# %%
s = (a.sum(), v.sum())
""",
    "a_builtins_name_comes_in_after_the_builtin_was_used": """
delta = [7, 3]
# %%
names = map(str, [{'k': [1]}, {}])
# %%
for box in list(delta)[:3]:
    for names in [1, 2]:
        cache = 5
# %%
input = [[i] for i in range(3)]
list = list(input)
# %%
try:
    alpha = delta[9]
except IndexError:
    print(list[-1][-1], names)
""",
    "an_import_is_bound_anew_in_the_task_that_gets_its_state": """
import random
random.seed(3)
# %%
values = [random.random() for _ in range(3)]
# %%
random = random.choice(values)
# %%
values.append(random)
""",
    "variables_are_called_as_parts_of_generated_code": """
task = [1]
flow = {'k': [2]}
client = (task, flow)
# %% [markdown]
# Change
# %%
task.append(3)
flow['k'] += task
# %% [markdown]
# Show
# %%
re = prefect_task = [client[0][-1]]
show = re * 2
show
# %%
print(task, flow, re, show, end=' ')
print(prefect_task)
""",
    "builtins_have_another_meaning_in_the_module": """
type = 3
hasattr = [type]
dict = str = 'x'
# %% [markdown]
# Load
# %%
rows = [type, dict]
rows
# %% [markdown]
# Report
# %%
print(hasattr, type, str)
# %%
rows + [type, str]
""",
    "a_name_was_deleted_before_what_comes_in_was_made": """
names = ([], 2)
# %%
log = [{}, names[-1]]
# %%
delta = 8
# %%
config = 'green'
# %%
beta = enumerate(log)
# %%
del config
# %% [markdown]
# Explore
# %%
config = list(beta)
# %%
gamma = config.pop()
# %%
result = dict(k=delta)
""",
    "what_may_have_been_deleted_is_copied_with_care": """
show = set(range(5))
if len(list((1, 2))) > 1:
    del show
# %%
items = sum([3 + 6, 3])
items *= items
# %%
match 'x':
    case list() as key:
        show.append(1)
    case int() | str():
        print(items)
""",
    "functions_of_one_name_each_have_their_users": """
def f(v):
    return [v, 1]
# %% [markdown]
# One
# %%
a = f(1)
# %% [markdown]
# Two
# %%
b = f(2)
b.append(a)
# %% [markdown]
# Three
# %%
c = f(3)
# %%
def f(v):
    return [v, 2, f]
# %%
d = f(4)[:2] + c
# %% [markdown]
# Four
# %%
e = f(5)[1]
# %%
n = 2
def f(v):
    return v * n
# %%
g = [f(6), f(a)]
n = 3
# %%
h = f(1)
print(a, b, d, e, g, h)
""",
    "a_query_names_an_import_and_a_variable": """
# %%
import math
import pandas as pd
table = pd.DataFrame({'x': [1, 3, 5]})
# %%
least = len(table)
def above(rows):
    return rows.query('x > @least')
# %%
part = table.query('x > @math.pi')
rest = above(table)
least = 0
every = above(table)
print(len(part), len(rest), len(every))
""",
    "a_builtin_is_back_after_its_name_was_deleted": """
# %%
values = [1, 2, 3]
list = [sum(values)]
del list, values
# %%
back = list(range(3))
max = max(back)
del max
# %%
max = max(back[0], 7)
print(max)
""",
    "a_variable_is_called_like_the_state_of_a_generator": """
# %%
import random
random.seed(8)
# %% [markdown]
# One
# %%
random_state = [random.randint(1, 9) for i in range(2)]
first = random_state[0] * 2
print(first)
# %% [markdown]
# Two
# %%
drawn = random.random()
more = [drawn] * 2
print(more)
""",
    "an_array_keeps_its_layout_when_it_is_copied": """
# %%
import numpy as np
# %% [markdown]
# One
# %%
table = np.asfortranarray(np.arange(6.0).reshape(2, 3))
print(table.sum())
# %% [markdown]
# Two
# %%
total = table.mean()
print(total)
# %% [markdown]
# Three
# %%
table[0] = 7
flat = table.ravel(order='K')
flat[1] = 9
print(table.flags['F_CONTIGUOUS'], table.tolist())
""",
    "an_iterator_gives_what_its_list_has_got_since": """
# %%
seen = ({'k': [1]}, {'k': [1]})
# %%
config = {'a': seen[-1]['k']}
# %%
seen = zip(seen[-1]['k'], [1, 0, 2])
# %%
config['a'][0] = {'k': [1]}
# %% [markdown]
# Clean
# %%
table = list(seen)
# %%
table[0][0]['b'] = {'k': [1]}
print(table, config)
""",
    "a_comprehension_sees_what_its_earlier_rounds_did": """
# %%
table = len([4, 1])
# %%
def put(x):
    global table
    table = [x, table]
    return x
# %%
config = [put(table) for i in range(2)]
# %%
table[-1][0] = 1
print(config, table)
""",
}
