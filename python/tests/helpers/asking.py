"""What a task asks of R, with cell sets and earlier results given."""

from tandem.experiments.cell_sets import CellSets
from tandem.tasks.body import Context
from tandem.tasks.catalogue import read_body
from tandem.tasks.request import parse


def classes(**groups):
    """Cell sets from `class={"set": ids}`; underscores in a class's name stand for themselves."""
    return CellSets(
        tuple(
            {
                "key": key,
                "name": f"all of {key}",
                "rootNode": True,
                "type": "cellSets",
                "children": [
                    {"key": child, "name": f"set {child}", "color": "#77aadd", "cellIds": list(ids)}
                    for child, ids in children.items()
                ],
            }
            for key, children in groups.items()
        )
    )


def asks(body, cell_sets, *, pagination=None, results=None):
    """The route and the payload of a request with this body."""
    props = {} if pagination is None else {"pagination": pagination}
    request = parse(
        {
            "ETag": "ab12",
            "experimentId": "demo",
            "timeout": "2099-01-01T00:00:00Z",
            "body": body,
            "requestProps": props,
        }
    )
    task = read_body(request.body)
    return task.route, task.r_request(Context(request, lambda: cell_sets, result=(results or {}).get))
