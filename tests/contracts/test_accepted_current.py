"""The notebooks are those that the project means: a developer who changes one says so."""

from crimjust_research import accepted, project
from crimjust_research.runs import notebooks


def test_the_notebooks_are_as_accepted_and_the_list_names_no_others() -> None:
    found = notebooks.in_folder()
    told = {each.name: each.differs for each in found if each.differs}
    assert not told, "type `crimjust notebooks accept`, which tells what is new, once that is what the project means"
    assert {each.name for each in found} == set(accepted.listed())


def test_the_list_is_as_it_would_be_written() -> None:
    now = {each.name: accepted.meant(each.defaults, each.code()) for each in notebooks.in_folder()}
    assert (project.root() / accepted.PATH).read_bytes() == accepted.as_file(now)
