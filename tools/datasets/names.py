"""Names for customers who are only numbers: people read a list of names more easily.

A name depends on the customer's number alone, and no two of the dataset's customers
share one.
"""

from __future__ import annotations

_FIRST = """
Ada Adele Agnes Alan Albert Alice Alma Amelia Amos Amy Andrea Andrew Anita Anna Arlo
Arthur Astrid Audrey Aurora Barbara Basil Beatrice Ben Bernard Bianca Boris Bruno
Camille Carla Carlos Caroline Cecil Celia Charles Chloe Clara Claude Colin Cora Dana
Daniel Daphne David Dennis Diana Dora Doris Dylan Edgar Edith Edward Eleanor Elena Elias
Elisa Ella Elliot Elsa Emil Emily Emma Enzo Erica Erik Ernest Esther Ethan Eva Evan
Felix Fiona Flora Frances Frank Frida Gabriel George Gerald Gina Gloria Grace Greta
Hanna Harold Harry Hazel Hector Helen Henry Hugo Ian Ida Ines Irene Iris Isaac Ivan
Ivy Jack
Jacob James Jane Jasper Joan Joel John Jonas Joseph Judith Julia Karen Karl Kate Keith
Laura Leah Leo Leon Lena Lewis Lila Linda Lionel Lois Louis Lucas Lucia Lydia Mabel
Marco Margot Maria Mark Martha Martin Maud Max Mia Miles Mona Nadia Nathan Nina Noah
Nora Olga Oliver Oscar Otto Paula
""".split()

_LAST = """
Abbott Adler Allard Ames Archer Ashby Atwood Bailey Baker Barlow Barnes Bauer Beck Bell
Bennett Berger Bishop Blake Bloom Bond Booth Bowen Boyd Brandt Brennan Brooks Burke
Butler Calder Carey Carlson Carr Carver Chandler Chase Clarke Cole Conrad Cooper Costa
Crane Cross Dalton Daly Dawson Dean Decker Delgado Dixon Doyle Drake Duncan Durand Eaton
Ellis Emerson Engel Everett Farrell Ferris Fischer Fleming Flynn Forbes Foster Fowler
Fox Frost Fuller Garcia Gibson Gilbert Glass Grant Graves Greene Griffin Hale Hanson
Harper Hart Hayes Hendrix Holt Hopkins Howell Hudson Hughes Hunt Ibsen Ingram Jarvis
Jensen Keller Kemp Kent Klein Knox Kramer Lambert Lane Larsen Lawson Lopez Lowe Lyons
Marsh Mason Mendez Mercer Miller Monroe Morales Moreau Morris Nash Nelson Nolan Norris
Novak Olsen Ortega Owens Palmer Parker Pearce Perry Porter Price Quinn Ramsey Reed Reyes
Rhodes Rivera Rossi Rowe Russo Santos Schmidt Sharp Shaw Silva Sloan Stone Sutton Tate
Thorne Tucker Turner Vance Vega Wagner Walsh Ward Weber Weiss Winter Wood
""".split()

_CHINESE_LAST = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"
_CHINESE_FIRST = "嘉宇雅婷子轩思远欣怡明浩梦瑶志强晓东文静建国丽华俊杰海燕"

# One customer in this many has a Chinese name.
_CHINESE_EVERY = 12
# Neighbouring numbers should not get neighbouring names. Coprime to the number of
# combinations, which is above the highest number: no name comes twice.
_STRIDE = 7_919


def customer_name(customer: str) -> str:
    """A person's name for a customer's number."""
    number = int(customer)
    if number % _CHINESE_EVERY == 0:
        size = len(_CHINESE_FIRST)
        place = number // _CHINESE_EVERY * _STRIDE % (len(_CHINESE_LAST) * size * size)
        rest, last = divmod(place, len(_CHINESE_LAST))
        return (
            _CHINESE_LAST[last]
            + _CHINESE_FIRST[rest // size]
            + _CHINESE_FIRST[rest % size]
        )
    last, first = divmod(number * _STRIDE % (len(_FIRST) * len(_LAST)), len(_FIRST))
    return f"{_FIRST[first]} {_LAST[last]}"
