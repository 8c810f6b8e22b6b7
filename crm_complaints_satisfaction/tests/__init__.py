from . import test_complaint_marks
